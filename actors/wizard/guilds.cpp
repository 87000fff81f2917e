#include "actors/wizard/wizard.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "runtime/flow.hpp"
#include "runtime/json.hpp"
#include "schemas/permissions.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <set>

namespace arrakis::wizard {
namespace {

struct state {
  arrakis::flows flows;
  discord::rest rest;
  static inline const char* name = "wizard_guilds";
};
using self_pointer = guilds::stateful_pointer<state>;
using facts_reply = caf::typed_response_promise<core::guild_facts>;

snowflake id_in(const boost::json::object& o) { return parse_snowflake(json::text_or(o, "id")).value_or(snowflake{}); }

/// One read; ec::refused when Discord says no (the bot is not in the guild any more), so that it is not taken for
/// silence.
flow<caf::expected<boost::json::value>> fetch(self_pointer self, discord::call what, snowflake guild, deadline until) {
  what.until = until;
  what.tenant = guild.text();
  auto answer = co_await ask(self, self->state.rest, until, std::move(what));
  if (!answer)
    co_return answer.error();
  if (answer->status != 200)
    co_return fail(answer->status < 500 ? ec::refused : ec::unavailable,
                   "Discord answered " + std::to_string(answer->status) + ": " + answer->message);
  co_return json::parse(answer->body, {.bytes_max = 8u << 20}); // 500 channels with topics and overwrites.
}

/// Permissions and place of the bot: the union over @everyone and its roles.
/// https://discord.com/developers/docs/topics/permissions#permission-hierarchy
core::guild_facts weigh(snowflake guild, const boost::json::array& roles, const boost::json::object& member) {
  core::guild_facts out;
  std::set<std::string_view> mine;
  if (auto* list = json::array_in(member, "roles"))
    for (auto& id : *list)
      if (id.is_string())
        mine.insert(std::string_view{id.get_string()});
  for (auto& value : roles) {
    if (!value.is_object())
      continue;
    auto& role = value.get_object();
    const auto id = id_in(role);
    const auto position = static_cast<int>(json::integer_or(role, "position"));
    const bool has = mine.contains(json::text_or(role, "id"));
    if (id == guild || has)
      out.bot_permissions |= permissions::parse(json::text_or(role, "permissions"));
    if (has)
      out.bot_top_position = std::max(out.bot_top_position, position);
    if (id != guild)
      out.roles.push_back({id, std::string{json::text_or(role, "name")}, position, json::bool_or(role, "managed")});
  }
  std::sort(out.roles.begin(), out.roles.end(), [](auto& a, auto& b) {
    return std::tuple{-a.position, a.id} < std::tuple{-b.position, b.id};
  });
  return out;
}

flow<caf::expected<core::guild_facts>> read(self_pointer self, look q) {
  auto guild = co_await fetch(self, discord::get_guild(q.guild), q.guild, q.until);
  if (!guild)
    co_return guild.error();
  auto roles = co_await fetch(self, discord::get_roles(q.guild), q.guild, q.until);
  if (!roles)
    co_return roles.error();
  auto member = co_await fetch(self, discord::get_member(q.guild, q.application), q.guild, q.until);
  if (!member)
    co_return member.error();
  auto channels = co_await fetch(self, discord::get_channels(q.guild), q.guild, q.until);
  if (!channels)
    co_return channels.error();
  if (!guild->is_object() || !roles->is_array() || !member->is_object() || !channels->is_array())
    co_return fail(ec::corrupt, "Discord answered with another shape");
  auto facts = weigh(q.guild, roles->get_array(), member->get_object());
  facts.guild_name = json::text_or(guild->get_object(), "name");
  facts.channel_count = channels->get_array().size();
  // Who owns the guild may do everything. https://discord.com/developers/docs/topics/permissions#permission-hierarchy
  if (json::text_or(guild->get_object(), "owner_id") == q.application.text())
    facts.bot_permissions |= permissions::administrator;
  co_return facts;
}

flow<> answer(self_pointer self, look q, facts_reply reply) {
  auto facts = co_await read(self, q);
  if (facts)
    reply.deliver(std::move(*facts));
  else
    reply.deliver(facts.error());
}

guilds::behavior_type behavior(self_pointer self, discord::rest rest) {
  self->state.rest = std::move(rest);
  return {[self](const look& q) -> caf::result<core::guild_facts> {
    auto reply = self->make_response_promise<core::guild_facts>();
    self->state.flows.start(answer(self, q, reply));
    return caf::delegated<core::guild_facts>{};
  }};
}
} // namespace

guilds start_guilds(caf::actor_system& sys, discord::rest rest) { return sys.spawn(behavior, std::move(rest)); }

} // namespace arrakis::wizard
