#include "adapters/postgres/deployments/deployments.hpp"

#include "adapters/postgres/deployments/sql.hpp"
#include "adapters/postgres/guild_work/guild_work.hpp"
#include "runtime/exception.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <pqxx/pqxx>

namespace arrakis::deployments {
namespace {
using namespace std::chrono_literals;

struct erase {};
constexpr auto erase_every = 60s; // A token lives 15 minutes at Discord, and at most one minute longer in the table.

using actor = handle::extend<caf::reacts_to<erase>>;

struct state {
  state() = default;
  static inline const char* name = "deployments";
  postgres::handle pool;
};
using pointer = actor::stateful_pointer<state>;

void erase_tokens(pointer self) {
  self->delayed_send(self, erase_every, erase{});
  self
    ->request(self->state.pool, caf::duration{10s},
              postgres::transaction{"deployments.erase_tokens",
                                    {},
                                    within(self, 5s),
                                    [](pqxx::transaction_base& tx) { tx.exec("select erase_expired_tokens()"); }})
    .then([](const postgres::committed&) {},
          [](caf::error& e) {
            log::warn("deployments.erase_tokens", {{"error", text_of(e)}});
          });
}

template <class Message>
std::optional<community_id> keyed(const Message& m) {
  return m.of.community;
}
std::optional<community_id> none(const prepare&) { return std::nullopt; }

actor::behavior_type behavior(pointer self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  self->send(self, erase{});
  return {
    postgres::transact<prepare>(self, "deployments.prepare", none, sql::prepare_next),
    postgres::transact<submit>(self, "deployments.submit", sql::submit_version),
    postgres::transact<claim>(self, "deployments.claim", sql::take_lease),
    postgres::transact<renew>(self, "deployments.renew", keyed, sql::renew_lease),
    postgres::transact<record_intent>(self, "deployments.record_intent", keyed, sql::keep_intent),
    postgres::transact<checkpoint>(self, "deployments.checkpoint", keyed, sql::keep_checkpoint),
    postgres::transact<complete>(self, "deployments.complete", keyed, sql::finish),
    postgres::transact<abandon>(self, "deployments.abandon", keyed, postgres::guild_work::give_up),
    postgres::transact<retry>(self, "deployments.retry", sql::retry_failed),
    postgres::transact<follow>(self, "deployments.follow", sql::follow_newest),
    postgres::transact<status>(self, "deployments.status", sql::read_status),
    [self](erase) { erase_tokens(self); },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"deployments"}, behavior, std::move(pool));
}
} // namespace arrakis::deployments
