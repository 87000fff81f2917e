#pragma once
#include <string>
#include <string_view>

namespace arrakis::tidy {
/// Why the file `from` may not include `to` (both from the root); empty when it may. docs/architecture.md, "The house":
/// apps -> actors -> ports of adapters -> runtime, and everybody -> schemas; no implementation knows another.
std::string direction_fault(std::string_view from, std::string_view to);
} // namespace arrakis::tidy
