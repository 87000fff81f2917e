#include "actors/quarantine/quarantine.hpp"

#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

namespace arrakis::quarantine {
namespace {
constexpr std::chrono::milliseconds patience{10'000};

struct state {
  arrakis::flows flows;
};
using self_pointer = caf::stateful_actor<state>*;

flow<> keep(self_pointer self, snowflake guild, dead_letters::letter letter, communities::handle communities,
            dead_letters::handle letters) {
  const auto until = within(self, patience);
  auto found = co_await ask(self, communities, until, communities::find_by_guild{guild, until});
  if (found && found->id) {
    letter.community = *found->id;
    dead_letters::keep order{letter, until};
    auto kept = co_await ask(self, letters, until, std::move(order));
    if (!kept)
      log::error("dead_letter_lost", {{"guild", guild.text()}, {"error", text_of(kept.error())}});
  }
  self->quit();
}
} // namespace

std::function<void(const std::string&, const std::string&, const std::string&)> keep_last_message(
  caf::actor_system& sys, std::string actor, communities::handle communities, dead_letters::handle letters) {
  return [&sys, actor = std::move(actor), communities, letters](const std::string& key, const std::string& error,
                                                                const std::string& last_message) {
    const auto colon = key.rfind(':');
    const auto guild = parse_snowflake(colon == std::string::npos ? key : key.substr(colon + 1));
    if (!guild)
      return;
    dead_letters::letter letter{{}, actor, last_message, ec::quarantined, error};
    sys.spawn([guild = *guild, letter = std::move(letter), communities, letters](self_pointer self) {
      keep_exception_text(self);
      self->state.flows.start(keep(self, guild, letter, communities, letters));
    });
  };
}
} // namespace arrakis::quarantine
