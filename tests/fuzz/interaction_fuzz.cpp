// An interaction as the gateway and the signed endpoint hand it over: what is read keeps Discord's bounds.
#include "runtime/json.hpp"
#include "schemas/interaction.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json/value.hpp>

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
  ARRAKIS_ASSERT(read->kind != interaction_kind::component || read->message, "a component sits on a message");
}
} // namespace arrakis::fuzz
