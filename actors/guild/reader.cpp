#include "actors/guild/reader.hpp"

#include "adapters/discord/rest/calls.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <unordered_map>

namespace arrakis::guild {
namespace {

/// Askers that wait for the next reading of one guild; further ones get ec::busy.
constexpr size_t waiting_max = 256;

struct waiting {
  fetch question;
  caf::typed_response_promise<state> promise;
};
struct actor_state {
  static inline const char* name = "guild_reader";
  arrakis::flows flows;
  discord::rest rest;
  discord::identity_port identity;
  /// The guilds that are being read, each with the askers that came meanwhile. They share the next reading: a guild
  /// that many ask about costs no more of Discord's budget than one that few do.
  std::unordered_map<snowflake, std::vector<waiting>> pending;
};
using self_pointer = handle::stateful_pointer<actor_state>;

// https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
constexpr int unknown_guild = 10004, unknown_member = 10007, unknown_user = 10013, missing_access = 50001;

/// Why Discord answered something else than what was asked for.
caf::error rejection(const discord::answer& a) {
  if (a.code == missing_access)
    return fail(ec::not_found,
                "Discord shows the bot nothing of this server: it was removed, or it lost View Channels. "
                "Invite it again or give that back.");
  if (a.status == 404 || a.code == unknown_guild || a.code == unknown_member)
    return fail(ec::not_found, "The bot is not in this server any more. Invite it again.");
  const auto said = fmt::format("{} ({})", for_message(a.message), a.code != 0 ? a.code : a.status);
  if (a.status == 401 || a.status == 403)
    return fail(ec::refused,
                fmt::format("Discord does not let the bot read this server: {}. Give it the permission.", said));
  return fail(a.status < 500 ? ec::invalid : ec::unavailable, "Discord refuses to show this server: " + said);
}

std::string tenant_of(const std::string& tenant, snowflake guild) { return tenant.empty() ? guild.text() : tenant; }

flow<caf::expected<discord::answer>> send(self_pointer self, discord::call call, std::string tenant, deadline until) {
  call.until = until;
  call.tenant = std::move(tenant);
  auto answer = co_await ask(self, self->state.rest, until, std::move(call));
  if (!answer) // ec::refused is our own token's trouble there, and no word about this guild.
    co_return code_of(answer.error()) == ec::refused ? fail(ec::unavailable, text_of(answer.error())) : answer.error();
  co_return std::move(*answer);
}

template <class T>
flow<caf::expected<T>> get(self_pointer self, discord::call call, std::string tenant, deadline until,
                           caf::expected<T> (*parse)(std::string_view)) {
  auto answer = co_await send(self, std::move(call), std::move(tenant), until);
  if (!answer)
    co_return answer.error();
  if (answer->status != 200)
    co_return rejection(*answer);
  co_return parse(answer->body);
}

/// The bot as a member of the guild.
struct own_member {
  snowflake user;
  std::vector<snowflake> roles;
};

/// Waits until Discord has said who the bot is: its application has another id where it was made before 2016.
flow<caf::expected<own_member>> get_own_member(self_pointer self, snowflake guild, std::string tenant, deadline until) {
  const discord::get_identity question{{}, until};
  const auto who = co_await ask(self, self->state.identity, until, question);
  if (!who)
    co_return fail(ec::unavailable, "Discord has not said yet which user the bot is");
  auto roles = co_await get(self, discord::get_member(guild, who->bot), std::move(tenant), until, read_member_roles);
  if (!roles)
    co_return roles.error();
  co_return own_member{who->bot, std::move(*roles)};
}

flow<caf::expected<state>> read_now(self_pointer self, fetch q) {
  const auto tenant = tenant_of(q.tenant, q.guild);
  auto all = co_await all_or_error(get(self, discord::get_guild(q.guild), tenant, q.until, read_guild),
                                   get(self, discord::get_roles(q.guild), tenant, q.until, read_roles),
                                   get(self, discord::get_channels(q.guild), tenant, q.until, read_channels),
                                   get_own_member(self, q.guild, tenant, q.until));
  if (!all)
    co_return all.error();
  auto& [now, roles, channels, own] = *all;
  now.id = q.guild;
  now.roles = std::move(roles);
  now.channels = std::move(channels);
  now.bot = own.user;
  now.bot_roles = std::move(own.roles);
  if (q.role_members) {
    auto counts = co_await get(self, discord::get_role_member_counts(q.guild), tenant, q.until,
                               read_role_member_counts);
    if (counts)
      now.role_members = std::move(*counts);
  }
  co_return std::move(now);
}

/// Reads for `group`, then for those that asked meanwhile, until nobody is left.
flow<> serve(self_pointer self, snowflake guild, std::vector<waiting> group) {
  while (!group.empty()) {
    auto q = group.front().question;
    for (const auto& one : group) {
      q.until = std::max(q.until, one.question.until, [](auto a, auto b) { return a.at < b.at; });
      q.role_members = q.role_members || one.question.role_members;
    }
    auto now = co_await read_now(self, q);
    for (auto& one : group)
      if (now)
        one.promise.deliver(*now);
      else
        one.promise.deliver(now.error());
    group = std::exchange(self->state.pending[guild], {});
  }
  self->state.pending.erase(guild);
}

caf::result<state> enter(self_pointer self, const fetch& q) {
  auto& pending = self->state.pending;
  const auto found = pending.find(q.guild);
  if (found != pending.end() && found->second.size() >= waiting_max)
    return fail(ec::busy, "too many ask about this server");
  auto promise = self->make_response_promise<state>();
  if (found != pending.end()) {
    found->second.push_back({q, promise});
  } else {
    pending.emplace(q.guild, std::vector<waiting>{});
    self->state.flows.start(serve(self, q.guild, {{q, promise}}));
  }
  return caf::delegated<state>{};
}

flow<> answer_roles(self_pointer self, fetch_roles q, caf::typed_response_promise<role_list> promise) {
  auto roles = co_await get(self, discord::get_roles(q.guild), tenant_of(q.tenant, q.guild), q.until, read_roles);
  if (roles)
    promise.deliver(role_list{std::move(*roles)});
  else
    promise.deliver(roles.error());
}

flow<> answer_member(self_pointer self, fetch_member q, caf::typed_response_promise<member_roles> promise) {
  auto answer = co_await send(self, discord::get_member(q.guild, q.user), tenant_of(q.tenant, q.guild), q.until);
  if (!answer) {
    promise.deliver(answer.error());
  } else if (answer->code == unknown_member || answer->code == unknown_user) {
    promise.deliver(member_roles{});
  } else if (answer->status != 200) {
    promise.deliver(rejection(*answer));
  } else if (auto roles = read_member_roles(answer->body)) {
    promise.deliver(member_roles{true, std::move(*roles)});
  } else {
    promise.deliver(roles.error());
  }
}

flow<caf::expected<std::vector<audit_entry>>> creations_of(self_pointer self, fetch_creations q,
                                                           discord::audit_action action) {
  std::vector<audit_entry> entries;
  // By anybody: what somebody else made is known by its entry, as what we made is by ours. Where that is more than one
  // page our own entries are asked for apart, so that they are not beyond its end.
  for (const auto by : {snowflake{}, q.bot}) {
    auto page = co_await get(self, discord::get_audit_log(q.guild, action, by), tenant_of(q.tenant, q.guild), q.until,
                             read_audit_log);
    if (!page)
      co_return page.error();
    entries.insert(entries.end(), page->begin(), page->end());
    if (page->size() < discord::audit_entries_max)
      break;
  }
  co_return entries;
}

flow<> answer_creations(self_pointer self, fetch_creations q, caf::typed_response_promise<creations> promise) {
  using enum discord::audit_action;
  auto all = co_await all_or_error(creations_of(self, q, role_create), creations_of(self, q, channel_create));
  if (!all && code_of(all.error()) != ec::refused) {
    promise.deliver(all.error());
    co_return;
  }
  creations out{.known = static_cast<bool>(all)};
  if (all) {
    auto& [roles, channels] = *all;
    out.entries = std::move(roles);
    out.entries.insert(out.entries.end(), channels.begin(), channels.end());
  }
  promise.deliver(std::move(out));
}

handle::behavior_type behavior(self_pointer self, discord::rest rest, discord::identity_port identity) {
  keep_exception_text(self);
  self->state.rest = std::move(rest);
  self->state.identity = std::move(identity);
  return {
    [self](const fetch& q) { return enter(self, q); },
    [self](const fetch_roles& q) -> caf::result<role_list> {
      auto promise = self->make_response_promise<role_list>();
      self->state.flows.start(answer_roles(self, q, promise));
      return caf::delegated<role_list>{};
    },
    [self](const fetch_member& q) -> caf::result<member_roles> {
      auto promise = self->make_response_promise<member_roles>();
      self->state.flows.start(answer_member(self, q, promise));
      return caf::delegated<member_roles>{};
    },
    [self](const fetch_creations& q) -> caf::result<creations> {
      auto promise = self->make_response_promise<creations>();
      self->state.flows.start(answer_creations(self, q, promise));
      return caf::delegated<creations>{};
    },
  };
}
} // namespace

handle start(caf::actor_system& sys, discord::rest rest, discord::identity_port identity) {
  return registry::spawn(sys, {"guild_reader"}, behavior, std::move(rest), std::move(identity));
}

} // namespace arrakis::guild
