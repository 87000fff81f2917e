// Snowflakes, community ids and the custom ids of components: each has one text, and that text reads equal.
#include "schemas/ids.hpp"

#include "actors/wizard/core/custom_id.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fmt/format.h>

namespace arrakis::fuzz {
namespace {
std::string text_of_parts(const wizard::core::custom_id& id) {
  auto out = id.prefix;
  for (const auto* part : {&id.action, &id.session, &id.argument})
    if (!part->empty())
      out += ":" + *part;
  return id.version ? out + fmt::format(":v{}", *id.version) : out;
}
} // namespace

void ids(std::string_view bytes) {
  if (const auto id = parse_snowflake(bytes))
    ARRAKIS_ASSERT(id->text() == bytes, "a snowflake has one text");
  if (const auto id = parse_community_id(bytes)) {
    ARRAKIS_ASSERT(id->value.size() == bytes.size(), "a community id keeps its length");
    ARRAKIS_ASSERT(parse_community_id(id->value) == id, "a community id reads equal");
  }
  if (const auto version = wizard::core::retried_version(bytes))
    ARRAKIS_ASSERT(wizard::core::retry_button_id(*version) == bytes, "a retry button has one text");
  if (const auto id = wizard::core::parse_custom_id(bytes)) {
    ARRAKIS_ASSERT(!id->session.empty() && id->session.find(':') == std::string::npos, "the session is one word");
    const auto again = wizard::core::parse_custom_id(text_of_parts(*id));
    ARRAKIS_ASSERT(again && again->prefix == id->prefix && again->action == id->action && again->session == id->session
                     && again->argument == id->argument && again->version == id->version,
                   "a custom id reads equal");
  }
}
} // namespace arrakis::fuzz
