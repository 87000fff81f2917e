#pragma once
#include <string>
#include <string_view>

namespace arrakis::tidy {
/// Returns why the file `from` may not include `to` (paths from the root); empty if it may. docs/architecture.md:
/// apps -> actors -> ports of adapters -> runtime, and everybody -> schemas; no implementation knows another.
std::string direction_fault(std::string_view from, std::string_view to);
} // namespace arrakis::tidy
