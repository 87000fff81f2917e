#include "actors/guild/core/progress.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::blueprint {

std::string_view stage_name(std::string_view id) {
  const auto found = std::ranges::find(stages, id, &stage::id);
  return found == stages.end() ? std::string_view{} : found->name;
}

int percent(const progress_count& c) { return c.total == 0 ? 0 : static_cast<int>(c.done * 100 / c.total); }

std::string resources_text(const progress_count& c) {
  const auto resources = c.total > 0 ? c.total - 1 : 0;
  return fmt::format("{} of {}", std::min(c.done, resources), resources);
}

std::string bar(int percent) {
  std::string blocks;
  for (int i = 0; i < 10; ++i)
    blocks += i < percent / 10 ? "▰" : "▱";
  return fmt::format("{} {} %", blocks, percent);
}

} // namespace arrakis::blueprint
