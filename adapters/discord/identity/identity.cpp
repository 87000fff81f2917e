#include "adapters/discord/identity/identity.hpp"

#include "adapters/discord/rest/calls.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"

#include <boost/json/value.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

namespace arrakis::discord {
namespace {
constexpr std::chrono::milliseconds answer_within{10'000};
constexpr std::chrono::milliseconds wait_max{30'000};

struct state {
  arrakis::flows flows;
  static inline const char* name = "identity";
};
using self_pointer = caf::stateful_actor<state>*;

/// https://discord.com/developers/docs/resources/application: `id`, and the partial user `bot`.
bool take(const std::string& body, identity& who) {
  auto parsed = json::parse(body);
  if (!parsed || !parsed->is_object())
    return false;
  const auto& root = parsed->get_object();
  const auto id = parse_snowflake(json::text_or(root, "id"));
  if (!id)
    return false;
  const auto* bot = json::object_in(root, "bot");
  who.bot = bot ? parse_snowflake(json::text_or(*bot, "id")).value_or(*id).value : id->value;
  who.application = id->value;
  return true;
}

flow<> find(self_pointer self, discord::rest rest, identity* who, std::function<void(snowflake)> known) {
  std::string last;
  for (std::chrono::milliseconds wait{250};; wait = std::min(wait * 2, wait_max)) {
    auto call = discord::get_application();
    call.until = within(self, answer_within);
    auto got = co_await ask(self, rest, call.until, call);
    if (got && got->status == 200 && take(got->body, *who))
      break;
    auto why = got ? "GET /applications/@me: " + std::to_string(got->status) + " " + got->message
                   : text_of(got.error());
    if (why != last)
      log::warn("identity_unknown", {{"error", why}});
    last = std::move(why);
    co_await nap(self, wait);
  }
  known(snowflake{who->application.load()});
  self->quit();
}
} // namespace

caf::actor find_identity(caf::actor_system& sys, discord::rest rest, identity& who,
                         std::function<void(snowflake)> known) {
  return registry::spawn(sys, {"identity"},
                         [rest = std::move(rest), &who, known = std::move(known)](self_pointer self) {
                           keep_exception_text(self);
                           self->state.flows.start(find(self, rest, &who, known));
                         });
}
} // namespace arrakis::discord
