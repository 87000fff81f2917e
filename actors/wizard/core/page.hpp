#pragma once
// The parts of a wizard message: text, fields, rows of buttons and menus, within Discord's bounds.
// https://discord.com/developers/docs/components/reference: 5 rows, 5 buttons a row, 25 options a select.
#include "actors/wizard/core/screens.hpp"

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::wizard::core {

inline constexpr size_t options_max = 25; ///< Options of a select.

/// Discord's button styles.
enum style { primary = 1, secondary = 2, success = 3, danger = 4 };
/// Returns a button with a custom id. `label`: 1 to 80 characters, not cut here. `enabled` false: shown disabled.
boost::json::object button(style of, std::string_view label, std::string id, bool enabled = true);
/// The button “Check progress”.
boost::json::object check_progress_button(std::string id);

/// One option of a select.
struct option {
  std::string label, value, description;
  bool chosen = false;
};
/// A string select of at least one option, of which at most `most` may be chosen. Labels may be foreign text.
boost::json::object select(std::string id, std::string_view hint, const std::vector<option>& options, size_t most = 1);

/// First `bytes_max` bytes of a text, fewer if a UTF-8 character would be cut. The default is Discord's limit of labels
/// and descriptions, in characters.
std::string cut(std::string text, size_t bytes_max = 100);

/// A screen under construction.
struct page {
  std::string text;
  boost::json::array fields;
  boost::json::array rows;
  uint32_t color = color_wizard;

  void field(std::string_view name, std::string value);
  void row(boost::json::array parts);
  /// Shortens the longest fields until all fit beside `bytes` of other text.
  void fit(size_t bytes);
};

/// Adds the row with Back, Continue and Cancel, labelled with their targets.
void walk_row(page&, const record&, bool can_continue);
/// True if the record has all answers of the present step.
bool filled(const record&, const context&);

} // namespace arrakis::wizard::core
