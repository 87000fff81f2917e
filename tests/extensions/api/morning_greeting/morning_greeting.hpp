#pragma once
#include <functional>
#include <string_view>

namespace arrakis::api::morning_greeting {
/// A service that this resource alone needs: hears who was greeted. Any thread.
struct guest_book {
  std::function<void(std::string_view name)> enter;
};
} // namespace arrakis::api::morning_greeting
