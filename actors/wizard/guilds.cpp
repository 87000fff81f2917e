#include "actors/wizard/wizard.hpp"
#include "adapters/discord/rest/calls.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <unordered_map>

namespace arrakis::wizard {
namespace {

using reply_to = caf::typed_response_promise<guild::state>;

/// Who asks for a guild while it is being read; further ones hear "busy".
constexpr size_t asking_max = 256;

struct asking {
  look what;
  reply_to reply;
};
struct state {
  arrakis::flows flows;
  discord::rest rest;
  std::function<snowflake()> bot;
  /// Guilds that are being read, each with those who asked meanwhile. They get the next reading, all of them the same
  /// one: it begins after they asked, and a guild that many ask about costs no more of the budget than one that few do.
  std::unordered_map<snowflake, std::vector<asking>> reading;
  static inline const char* name = "wizard_guilds";
};
using self_pointer = guilds::stateful_pointer<state>;

/// One read; ec::refused when Discord says no (the bot is not in the guild any more), so that it is not taken for
/// silence.
flow<caf::expected<std::string>> fetch(self_pointer self, discord::call what, snowflake of, deadline until) {
  what.until = until;
  what.tenant = of.text();
  auto answer = co_await ask(self, self->state.rest, until, std::move(what));
  if (!answer)
    co_return answer.error();
  if (answer->status != 200)
    co_return fail(answer->status < 500 ? ec::refused : ec::unavailable,
                   "Discord answered " + std::to_string(answer->status) + ": " + answer->message);
  co_return std::move(answer->body);
}

flow<caf::expected<guild::state>> read(self_pointer self, look q) {
  const auto known = self->state.bot();
  const auto bot = known ? known : q.application; // The same for every application made since 2016.
  auto body = co_await fetch(self, discord::get_guild(q.guild), q.guild, q.until);
  if (!body)
    co_return body.error();
  auto out = guild::read_guild(*body);
  if (!out)
    co_return out.error();
  body = co_await fetch(self, discord::get_roles(q.guild), q.guild, q.until);
  auto roles = body ? guild::read_roles(*body) : body.error();
  if (!roles)
    co_return roles.error();
  body = co_await fetch(self, discord::get_member(q.guild, bot), q.guild, q.until);
  auto mine = body ? guild::read_member_roles(*body) : body.error();
  if (!mine)
    co_return mine.error();
  body = co_await fetch(self, discord::get_channels(q.guild), q.guild, q.until);
  auto channels = body ? guild::read_channels(*body) : body.error();
  if (!channels)
    co_return channels.error();
  out->roles = std::move(*roles);
  out->channels = std::move(*channels);
  out->bot = bot;
  out->bot_roles = std::move(*mine);
  co_return std::move(*out);
}

flow<> answer(self_pointer self, snowflake of, std::vector<asking> all) {
  while (!all.empty()) {
    auto q = all.front().what;
    for (const auto& each : all)
      q.until = std::max(q.until, each.what.until, [](auto a, auto b) { return a.at < b.at; });
    auto now = co_await read(self, q);
    for (auto& each : all)
      if (now)
        each.reply.deliver(*now);
      else
        each.reply.deliver(now.error());
    all = std::exchange(self->state.reading[of], {});
  }
  self->state.reading.erase(of);
}

caf::result<guild::state> enter(self_pointer self, const look& q) {
  auto& st = self->state;
  const auto found = st.reading.find(q.guild);
  if (found != st.reading.end() && found->second.size() >= asking_max)
    return fail(ec::busy, "too many ask about this server");
  auto reply = self->make_response_promise<guild::state>();
  if (found != st.reading.end()) {
    found->second.push_back({q, reply});
  } else {
    st.reading.emplace(q.guild, std::vector<asking>{});
    st.flows.start(answer(self, q.guild, {{q, reply}}));
  }
  return caf::delegated<guild::state>{};
}

guilds::behavior_type behavior(self_pointer self, discord::rest rest, std::function<snowflake()> bot) {
  keep_exception_text(self);
  self->state.rest = std::move(rest);
  self->state.bot = std::move(bot);
  return {[self](const look& q) { return enter(self, q); }};
}
} // namespace

guilds start_guilds(caf::actor_system& sys, discord::rest rest, std::function<snowflake()> bot) {
  return sys.spawn(behavior, std::move(rest), std::move(bot));
}

} // namespace arrakis::wizard
