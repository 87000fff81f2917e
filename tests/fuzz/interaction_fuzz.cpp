// An interaction as the gateway and the signed endpoint hand it over: what is read keeps Discord's bounds.
#include "runtime/json.hpp"
#include "schemas/interaction.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <cmath>
#include <cstdlib>

namespace arrakis::fuzz {
void interaction(std::string_view bytes) {
  const auto tree = arrakis::json::parse(bytes);
  if (!tree || !tree->is_object())
    return;
  const auto read = read_interaction(tree->get_object());
  if (!read) {
    ARRAKIS_ASSERT(!text_of(read.error()).empty(), "a refusal names the field");
    return;
  }
  ARRAKIS_ASSERT(read->kind >= interaction_kind::ping && read->kind <= interaction_kind::modal, "the kind is known");
  ARRAKIS_ASSERT(!read->token.empty(), "there is a token to answer with");
  ARRAKIS_ASSERT(read->values.size() <= 25, "a select has at most 25 values");
  ARRAKIS_ASSERT(read->options.size() <= 25, "a command has at most 25 options");
  for (const auto& option : read->options) {
    ARRAKIS_ASSERT(std::ranges::count(read->options, option.name, &interaction_option::name) == 1,
                   "no option is there twice");
    const auto* whole = std::get_if<int64_t>(&option.value);
    ARRAKIS_ASSERT(!whole || std::abs(*whole) <= int64_t{1} << 53, "a whole number lies within 2^53");
    const auto* number = std::get_if<double>(&option.value);
    ARRAKIS_ASSERT(!number || std::abs(*number) <= 9007199254740992.0, "a number lies within 2^53");
    ARRAKIS_ASSERT(read->kind == interaction_kind::autocomplete
                     || std::holds_alternative<std::string>(option.value) == (option.type == option_type::string),
                   "a value is of its option's type");
  }
  ARRAKIS_ASSERT(read->command_type == command_type::chat_input || read->target, "a menu was opened on something");
  ARRAKIS_ASSERT(read->kind != interaction_kind::component || read->message, "a component sits on a message");
}
} // namespace arrakis::fuzz
