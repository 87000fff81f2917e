#include "actors/commands/publish.hpp"

#include "adapters/discord/rest/calls.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"
#include "schemas/canonical_json.hpp"
#include "schemas/permissions.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::commands {
namespace {
namespace js = boost::json;
using std::chrono::milliseconds;

/// Also how long a question to the identity is open before it is asked again.
constexpr milliseconds publish_within{600'000};
constexpr milliseconds identity_again_after{1'000}; ///< It is being restarted.

struct state {
  arrakis::flows flows;
  redis::handle redis;
  discord::rest rest;
  discord::identity_port identity;
  static inline const char* name = "commands_publisher";
};
using self_pointer = publisher::stateful_pointer<state>;
using reply_to = caf::typed_response_promise<published>;

js::array describe(const std::vector<ingress::option>&);

js::object describe(const ingress::choice& c) {
  js::object out{{"name", c.name}};
  std::visit([&](const auto& value) { out["value"] = value; }, c.value);
  return out;
}

js::value number(const ingress::option& o, double value) {
  if (o.type == option_type::integer)
    return static_cast<int64_t>(value);
  return value;
}

js::object describe(const ingress::option& o) {
  js::object out{{"type", static_cast<int>(o.type)}, {"name", o.name}, {"description", o.description}};
  if (o.type == option_type::subcommand || o.type == option_type::subcommand_group) {
    out["options"] = describe(o.options);
    return out;
  }
  out["required"] = o.required;
  if (o.autocomplete)
    out["autocomplete"] = true;
  js::array choices;
  for (const auto& c : o.choices)
    choices.push_back(describe(c));
  if (!choices.empty())
    out["choices"] = std::move(choices);
  if (o.min_value)
    out["min_value"] = number(o, *o.min_value);
  if (o.max_value)
    out["max_value"] = number(o, *o.max_value);
  if (o.min_length)
    out["min_length"] = *o.min_length;
  if (o.max_length)
    out["max_length"] = *o.max_length;
  return out;
}

js::array describe(const std::vector<ingress::option>& list) {
  js::array out;
  for (const auto& o : list)
    out.push_back(describe(o));
  return out;
}

js::object describe(const ingress::command& c) {
  js::object out{{"name", c.name}, {"type", static_cast<int>(c.type)}};
  if (c.type == command_type::chat_input) { // An entry of a context menu has neither.
    out["description"] = c.description;
    out["options"] = describe(c.options);
  }
  out["default_member_permissions"] = nullptr; // Everyone.
  if (c.needs.bits() != 0)
    out["default_member_permissions"] = permissions::text(c.needs.bits());
  // Contexts: 0 guild, 1 direct message with the bot. Integration type 0: installed to a guild.
  js::array contexts;
  if (c.where != ingress::context::direct_message)
    contexts.push_back(0);
  if (c.where != ingress::context::guild)
    contexts.push_back(1);
  out["contexts"] = std::move(contexts);
  out["integration_types"] = js::array{0};
  return out;
}

flow<caf::expected<published>> once(self_pointer self, snowflake application, deadline until) {
  auto& st = self->state;
  const auto body = registration_json(all());
  const auto hash = sha256_hex(body);
  const auto key = "commands:" + application.text() + ":sha256";
  redis::command get{{"GET"}, {key}, {}, until};
  auto last = co_await ask(self, st.redis, until, std::move(get));
  if (!last)
    co_return last.error();
  if (last->type == redis::reply::text && last->bytes == hash)
    co_return published{false, hash};
  auto call = discord::set_commands(application, body);
  call.until = until;
  auto answer = co_await ask(self, st.rest, until, std::move(call));
  if (!answer)
    co_return answer.error();
  if (answer->status >= 400 && answer->status < 500)
    co_return fail(ec::refused, "Discord refused the commands: " + discord::summary(*answer));
  if (answer->status != 200)
    co_return fail(ec::unavailable, "Discord answered " + std::to_string(answer->status));
  redis::command set{{"SET"}, {key}, {hash}, until};
  auto kept = co_await ask(self, st.redis, until, std::move(set));
  if (!kept)
    log::warn("commands_hash_not_kept", {{"error", text_of(kept.error())}}); // They are written once more next time.
  log::info("commands_written", {{"application", application.text()}, {"hash", hash}});
  co_return published{true, hash};
}

flow<caf::expected<published>> until_done(self_pointer self, publish q) {
  for (auto wait = milliseconds{500};; wait = std::min(wait * 2, milliseconds{30'000})) {
    auto done = co_await once(self, q.application, q.until);
    const bool hopeless = !done && code_of(done.error()) == ec::refused;
    if (done || hopeless || q.until.left(self->clock().now()) <= wait)
      co_return done;
    log::warn("commands_not_written", {{"error", text_of(done.error())}});
    co_await nap(self, wait);
  }
}

flow<> run(self_pointer self, publish q, reply_to reply) {
  auto done = co_await until_done(self, q);
  if (done)
    reply.deliver(std::move(*done));
  else
    reply.deliver(done.error());
}

/// For each application that the token belongs to while this actor lives.
flow<> follow_identity(self_pointer self) {
  snowflake last;
  for (;;) {
    const auto until = within(self, publish_within);
    const discord::get_identity question{last, until};
    const auto who = co_await ask(self, self->state.identity, until, question);
    if (who) {
      last = who->application;
      const publish q{last, within(self, publish_within)};
      const auto done = co_await until_done(self, q);
      if (!done)
        log::error("commands_not_written", {{"error", text_of(done.error())}});
    } else if (code_of(who.error()) != ec::unknown) {
      co_await nap(self, identity_again_after);
    }
  }
}

publisher::behavior_type behavior(self_pointer self, redis::handle redis, discord::rest rest,
                                  discord::identity_port identity) {
  keep_exception_text(self);
  self->state.identity = std::move(identity);
  self->state.redis = std::move(redis);
  self->state.rest = std::move(rest);
  if (self->state.identity)
    self->state.flows.start(follow_identity(self));
  return {[self](const publish& q) -> caf::result<published> {
    auto reply = self->make_response_promise<published>();
    self->state.flows.start(run(self, q, reply));
    return caf::delegated<published>{};
  }};
}
} // namespace

std::string registration_json(const std::vector<const ingress::declaration*>& owners) {
  std::vector<const ingress::command*> list;
  for (const auto* owner : owners)
    for (const auto& c : owner->commands)
      list.push_back(&c);
  std::ranges::sort(list, {}, [](const auto* c) { return std::pair{c->name, c->type}; });
  js::array out;
  for (const auto* c : list)
    out.push_back(describe(*c));
  return js::serialize(out);
}

publisher start_publisher(caf::actor_system& sys, redis::handle redis, discord::rest rest,
                          discord::identity_port identity) {
  return registry::spawn(sys, {"publisher"}, behavior, std::move(redis), std::move(rest), std::move(identity));
}

} // namespace arrakis::commands
