#include "adapters/postgres/drafts/drafts.hpp"

#include "adapters/postgres/sql.hpp"
#include "runtime/exception.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <pqxx/pqxx>

namespace arrakis::drafts {
namespace {
using namespace std::chrono_literals;

struct erase_old_now {};
constexpr auto erase_every = 1h;

using actor = handle::extend<caf::reacts_to<erase_old_now>>;

struct state {
  state() = default;
  static inline const char* name = "drafts";
  postgres::handle pool;
};
using pointer = actor::stateful_pointer<state>;

stored write(pqxx::transaction_base& tx, const store& m) {
  return {tx.exec_params1("select keep_wizard_draft($1, $2, $3, $4, $5)", m.guild.value, m.user.value,
                          postgres::plain(m.what.session, "session"), m.what.version,
                          postgres::plain(m.what.content, "content"))[0]
            .as<bool>()};
}

stored erase_one(pqxx::transaction_base& tx, const erase& m) {
  return {tx.exec_params1("select keep_wizard_draft($1, $2, $3, $4, null)", m.guild.value, m.user.value,
                          postgres::plain(m.session, "session"), m.version)[0]
            .as<bool>()};
}

found read(pqxx::transaction_base& tx, const find& m) {
  const auto rows = tx.exec_params("select session, version, content, kept_at_ms from find_wizard_draft($1, $2)",
                                   m.guild.value, m.user.value);
  if (rows.empty())
    return {};
  return {draft{rows[0][0].as<std::string>(), rows[0][1].as<int64_t>(), rows[0][2].as<std::string>(),
                rows[0][3].as<int64_t>()}};
}

void erase_old(pointer self) {
  self->delayed_send(self, erase_every, erase_old_now{});
  self
    ->request(self->state.pool, caf::duration{10s},
              postgres::transaction{"drafts.erase_old",
                                    {},
                                    within(self, 5s),
                                    [](pqxx::transaction_base& tx) { tx.exec("select erase_old_wizard_drafts()"); }})
    .then([](const postgres::committed&) {},
          [](caf::error& e) {
            log::warn("drafts.erase_old", {{"error", text_of(e)}});
          });
}

actor::behavior_type behavior(pointer self, postgres::handle pool) {
  keep_exception_text(self);
  self->state.pool = std::move(pool);
  self->send(self, erase_old_now{});
  return {
    [self](const store& m) {
      return postgres::run<stored>(self, self->state.pool, "drafts.store", {}, m.until,
                                   [m](pqxx::transaction_base& tx) { return write(tx, m); });
    },
    [self](const erase& m) {
      return postgres::run<stored>(self, self->state.pool, "drafts.erase", {}, m.until,
                                   [m](pqxx::transaction_base& tx) { return erase_one(tx, m); });
    },
    [self](const find& m) {
      return postgres::run<found>(self, self->state.pool, "drafts.find", {}, m.until,
                                  [m](pqxx::transaction_base& tx) { return read(tx, m); });
    },
    [self](erase_old_now) { erase_old(self); },
  };
}
} // namespace

handle start(caf::actor_system& sys, postgres::handle pool) {
  return registry::spawn(sys, {"drafts"}, behavior, std::move(pool));
}
} // namespace arrakis::drafts
