#pragma once
// Progress of work at a guild, in words: its stages, its count and its bar, wherever a message shows them.
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace arrakis::blueprint {

/// A stage of the work: `id` is what the queue's progress carries, `name` is for a sentence.
struct stage {
  std::string_view id, name;
};
/// All stages in their order.
inline constexpr std::array stages{stage{"preparing", "community record"}, stage{"roles", "roles"},
                                   stage{"categories", "categories"}, stage{"channels", "channels and permissions"},
                                   stage{"finalising", "finishing"}};
/// The name of the stage with this id; empty: there is none.
std::string_view stage_name(std::string_view id);

/// How far work has come. The end of the work counts as one more than its resources.
struct progress_count {
  size_t done = 0;
  size_t total = 0; ///< 0: not known.
};
/// 0 to 100, rounded down; 0 where the total is not known.
int percent(const progress_count&);
/// "4 of 9": resources, without the end of the work.
std::string resources_text(const progress_count&);
/// Ten blocks and the number, 0 to 100: "▰▰▰▱▱▱▱▱▱▱ 37 %".
std::string bar(int percent);

} // namespace arrakis::blueprint
