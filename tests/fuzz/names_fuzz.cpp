// Names of strangers: what passes has no flaw and is seen, and folding and cleaning once is enough.
#include "actors/guild/core/blueprint.hpp"
#include "actors/wizard/core/names.hpp"
#include "runtime/assert.hpp"
#include "runtime/unicode.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <simdjson.h>

namespace arrakis::fuzz {
void names(std::string_view bytes) {
  namespace core = wizard::core;
  const auto is_name = [](std::string_view text) { return !unicode::name_flaw(text) && unicode::has_visible(text); };
  if (const auto flaw = unicode::name_flaw(bytes)) {
    ARRAKIS_ASSERT(flaw->bytes > 0 && flaw->at + flaw->bytes <= bytes.size(), "a flaw lies in the text");
    ARRAKIS_ASSERT(!unicode::name_flaw(unicode::describe(*flaw)), "a refusal shows nothing of what it refuses");
  }
  if (const auto name = core::check_name(bytes))
    ARRAKIS_ASSERT(is_name(*name) && core::check_name(*name) == name, "a name is one, and is checked once");
  if (bytes.size() > 400) // Flaws are taken out one by one; longer names and symbols are refused before.
    return;
  const auto symbol = core::clean_symbol(bytes);
  ARRAKIS_ASSERT(is_name(symbol) && unicode::length(symbol) <= 16, "a symbol is a short name");
  const auto prefill = core::name_from_guild(bytes);
  ARRAKIS_ASSERT(prefill.empty() || core::check_name(prefill), "what is offered is accepted");
  if (!simdjson::validate_utf8(bytes)) // Discord and our own JSON hold nothing else.
    return;
  const auto channel = blueprint::channel_name(bytes, guild::text);
  ARRAKIS_ASSERT(blueprint::channel_name(channel, guild::text) == channel, "a channel's name is folded once");
}
} // namespace arrakis::fuzz
