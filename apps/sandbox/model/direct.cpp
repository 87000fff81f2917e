#include "apps/sandbox/model/direct.hpp"

#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/render.hpp"

namespace arrakis::sandbox::model {
namespace {
snowflake other_of(const channel& direct, snowflake user) {
  return direct.recipients.front() == user ? direct.recipients.back() : direct.recipients.front();
}
} // namespace

outcome<js::object> open_direct(sandbox_state& state, const actor& by, const js::object& body) {
  form f(body);
  f.require("recipient_id");
  const auto other = f.id("recipient_id").value_or(snowflake{});
  if (!f.clean())
    return f.why();
  if (other == by.user || !state.users.contains(other))
    return refusal{400, 50033, "Invalid Recipient(s)", {}};
  const auto both = std::minmax(by.user, other);
  const std::vector<snowflake> recipients{both.first, both.second};
  for (const auto& [_, each] : state.direct)
    if (each.recipients == recipients)
      return direct_json(state, each, by.user);
  const auto id = state.next_id();
  auto& made = state.direct[id];
  made.id = id;
  made.kind = direct_channel;
  made.recipients = recipients;
  return direct_json(state, made, by.user);
}

js::object direct_json(sandbox_state& state, const channel& direct, snowflake viewer) {
  return {{"id", direct.id.text()},
          {"type", direct.kind},
          {"last_message_id", id_or_null(direct.last_message)},
          {"flags", 0},
          {"recipients", js::array{to_json(state.user_of(other_of(direct, viewer)))}}};
}

bool may_write_to(sandbox_state& state, const actor& author, const channel& direct) {
  const auto& other = state.user_of(other_of(direct, author.user));
  if (other.closed || (other.bot && state.user_of(author.user).bot))
    return false;
  return std::any_of(state.guilds.begin(), state.guilds.end(), [&](const auto& each) {
    return each.second.members.contains(author.user) && each.second.members.contains(other.id);
  });
}

} // namespace arrakis::sandbox::model
