#include "adapters/discord/identity/identity.hpp"

#include "adapters/discord/rest/calls.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"

#include <boost/json/value.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <optional>
#include <vector>

namespace arrakis::discord {
namespace {
constexpr std::chrono::milliseconds answer_within{10'000};
constexpr std::chrono::milliseconds wait_max{30'000};
constexpr size_t waiting_max = 4'096;

struct waiting {
  get_identity question;
  caf::typed_response_promise<own_identity> promise;
};
struct state {
  state() = default;
  static inline const char* name = "identity";
  discord::rest rest;
  identity* who = nullptr;
  std::function<void(snowflake)> known;
  own_identity now; ///< Without an application: not known.
  std::vector<waiting> askers;
  std::optional<flows> finding;
};
using self_pointer = identity_port::stateful_pointer<state>;

/// https://discord.com/developers/docs/resources/application: `id`, and the partial user `bot`.
std::optional<own_identity> read_application(const std::string& body) {
  auto parsed = json::parse(body);
  if (!parsed || !parsed->is_object())
    return std::nullopt;
  const auto& root = parsed->get_object();
  const auto id = parse_snowflake(json::text_or(root, "id"));
  if (!id)
    return std::nullopt;
  const auto* bot = json::object_in(root, "bot");
  return own_identity{*id, bot ? parse_snowflake(json::text_or(*bot, "id")).value_or(*id) : *id};
}

bool answers(const own_identity& now, const get_identity& question) {
  return now.application && now.application != question.other_than;
}

void publish(self_pointer self, own_identity now) {
  auto& st = self->state;
  st.now = now;
  st.who->application = now.application.value;
  std::erase_if(st.askers, [now](auto& one) {
    if (!answers(now, one.question))
      return false;
    one.promise.deliver(now);
    return true;
  });
  st.known(now.application);
}

flow<> find(self_pointer self) {
  std::string last;
  for (std::chrono::milliseconds wait{250};; wait = std::min(wait * 2, wait_max)) {
    auto call = discord::get_application();
    call.until = within(self, answer_within);
    const auto until = call.until;
    auto got = co_await ask(self, self->state.rest, until, std::move(call));
    if (got && got->status == 200)
      if (const auto now = read_application(got->body)) {
        publish(self, *now);
        co_return;
      }
    auto why = got ? "GET /applications/@me: " + std::to_string(got->status) + " " + got->message
                   : text_of(got.error());
    if (why != last)
      log::warn("identity.unknown", {{"error", why}});
    last = std::move(why);
    co_await nap(self, wait);
  }
}

void find_anew(self_pointer self) {
  auto& st = self->state;
  st.now = {};
  st.finding.emplace(); // An answer to an earlier token is dropped.
  st.finding->start(find(self));
}

caf::result<own_identity> enter(self_pointer self, const get_identity& question) {
  auto& st = self->state;
  if (answers(st.now, question))
    return st.now;
  const auto now = self->clock().now();
  std::erase_if(st.askers, [now](const auto& one) { return one.question.until.passed(now); });
  if (st.askers.size() >= waiting_max)
    return fail(ec::busy, "too many wait for Discord to say who the bot is");
  st.askers.push_back({question, self->make_response_promise<own_identity>()});
  return caf::delegated<own_identity>{};
}

identity_port::behavior_type behavior(self_pointer self, discord::rest rest, identity* who,
                                      std::function<void(snowflake)> known) {
  keep_exception_text(self);
  self->state.rest = std::move(rest);
  self->state.who = who;
  self->state.known = std::move(known);
  find_anew(self);
  return {
    [self](const get_identity& question) { return enter(self, question); },
    [self](renew_identity) { find_anew(self); },
  };
}
} // namespace

identity_port start_identity(caf::actor_system& sys, discord::rest rest, identity& who,
                             std::function<void(snowflake application)> known) {
  return registry::spawn(sys, {"identity"}, behavior, std::move(rest), &who, std::move(known));
}
} // namespace arrakis::discord
