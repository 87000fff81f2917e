#include "apps/sandbox/model/direct.hpp"

#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/render.hpp"

namespace arrakis::sandbox::model {
namespace {
snowflake other_of(const channel& direct, snowflake user) {
  return direct.recipients.front() == user ? direct.recipients.back() : direct.recipients.front();
}
} // namespace

outcome<js::object> open_direct(world& w, const actor& by, const js::object& body) {
  form f(body);
  f.require("recipient_id");
  const auto other = f.id("recipient_id").value_or(snowflake{});
  if (!f.clean())
    return f.why();
  if (other == by.user || !w.users.contains(other))
    return refusal{400, 50033, "Invalid Recipient(s)", {}};
  const auto both = std::minmax(by.user, other);
  const std::vector<snowflake> recipients{both.first, both.second};
  for (const auto& [_, each] : w.direct)
    if (each.recipients == recipients)
      return direct_json(w, each, by.user);
  const auto id = w.next_id();
  auto& made = w.direct[id];
  made.id = id;
  made.kind = direct_channel;
  made.recipients = recipients;
  return direct_json(w, made, by.user);
}

js::object direct_json(world& w, const channel& direct, snowflake viewer) {
  return {{"id", direct.id.text()},
          {"type", direct.kind},
          {"last_message_id", id_or_null(direct.last_message)},
          {"flags", 0},
          {"recipients", js::array{to_json(w.user_of(other_of(direct, viewer)))}}};
}

bool may_write_to(world& w, const actor& author, const channel& direct) {
  const auto& other = w.user_of(other_of(direct, author.user));
  if (other.closed || (other.bot && w.user_of(author.user).bot))
    return false;
  return std::any_of(w.guilds.begin(), w.guilds.end(), [&](const auto& each) {
    return each.second.members.contains(author.user) && each.second.members.contains(other.id);
  });
}

} // namespace arrakis::sandbox::model
