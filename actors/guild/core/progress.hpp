#pragma once
// Progress of work at a guild, in words: its stages, its count and its bar, wherever a message shows them.
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace arrakis::blueprint {

/// Stage of the work: `id` is stored in the queue's progress, `name` is used in sentences.
struct stage {
  std::string_view id, name;
};
/// All stages in their order.
inline constexpr std::array stages{stage{"preparing", "community record"}, stage{"roles", "roles"},
                                   stage{"categories", "categories"}, stage{"channels", "channels and permissions"},
                                   stage{"finalising", "finishing"}};
/// The name of the stage with this id; empty: there is none.
std::string_view stage_name(std::string_view id);

/// Progress of the work. The end of the work counts as one more resource.
struct progress_count {
  size_t done = 0;
  size_t total = 0; ///< 0: not known.
};
/// Progress in percent: 0 to 100, rounded down; 0 if the total is not known.
int percent(const progress_count&);
/// Progress as text: "4 of 9" resources, without the end of the work.
std::string resources_text(const progress_count&);
/// Progress bar: ten blocks and the number (0 to 100), "▰▰▰▱▱▱▱▱▱▱ 37 %".
std::string bar(int percent);

} // namespace arrakis::blueprint
