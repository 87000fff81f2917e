#pragma once
// Checks the content of messages and forms. https://discord.com/developers/docs/resources/message,
// .../components/reference
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox::model {

/// The parts of a message that its author sends; an absent part leaves an edited message as it is.
struct content_fields {
  std::optional<std::string> content;
  std::optional<js::array> embeds;
  std::optional<js::array> components; ///< Numbered.
  std::optional<int64_t> flags;
  /// {id, description?} keeps one of the edited message; {upload: true, filename, size, content_type} adds one.
  std::optional<js::array> attachments;
};
/// Reads and checks the fields; faults go to the form.
content_fields read_content(form&);
/// Stores the fields in a message.
void apply(sandbox_state&, message&, const content_fields&);
/// True for a message without anything to show, which Discord refuses (50006).
bool is_empty(const message&);

/// Reads the data of a modal callback: {custom_id, title, components}, numbered; faults go to the form.
js::object read_modal(form&);

/// The component with this custom id, anywhere in the tree; null when there is none.
const js::object* find_component(const js::array& components, std::string_view custom_id);
/// All text inputs of a form, in order.
std::vector<const js::object*> text_inputs(const js::array& components);

/// Component types. https://discord.com/developers/docs/components/reference#component-object-component-types
enum component_type : int {
  action_row = 1,
  button = 2,
  string_select = 3,
  text_input = 4,
  user_select = 5,
  role_select = 6,
  mentionable_select = 7,
  channel_select = 8,
  section = 9,
  text_display = 10,
  thumbnail = 11,
  media_gallery = 12,
  file = 13,
  separator = 14,
  container = 17,
  label = 18
};

} // namespace arrakis::sandbox::model
