#include "tests/support/fakes/drafts.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::test {
namespace {
using actor = drafts::handle::extend<caf::reacts_to<later>>;
actor::behavior_type serve(actor::pointer self, fake_drafts* s, const way* by) {
  using namespace drafts;
  return {
    [=](const store& m) {
      return through<stored>(self, by, "drafts.store", m, [s](const store& x) { return s->keep(x); });
    },
    [=](const erase& m) {
      return through<stored>(self, by, "drafts.erase", m, [s](const erase& x) { return s->forget(x); });
    },
    [=](const find& m) {
      return through<found>(self, by, "drafts.find", m, [s](const find& x) { return s->find(x); });
    },
    [](const later& x) { x.run(); },
  };
}
} // namespace

drafts::stored fake_drafts::write(std::pair<uint64_t, uint64_t> key, row next) {
  next.what.stored_at_ms = now_ms();
  const auto [at, is_first] = rows.try_emplace(key, next);
  const auto& [there, there_forgotten, there_replaced] = at->second;
  const bool is_same = next.what.session == there.session, is_newer = next.what.version > there.version;
  const bool replaces = is_same ? is_newer || (next.forgotten && next.what.version == there.version)
                                : there.stored_at_ms < now_ms() - 60'000
                                    || (next.what.session != there_replaced && (is_newer || there_forgotten));
  if (!is_first && replaces) {
    next.replaced = is_same ? there_replaced : there.session;
    at->second = std::move(next);
  }
  return {is_first || replaces};
}

caf::expected<drafts::stored> fake_drafts::keep(const drafts::store& m) {
  return write({m.guild.value, m.user.value}, {m.what, false, {}});
}

caf::expected<drafts::stored> fake_drafts::forget(const drafts::erase& m) {
  return write({m.guild.value, m.user.value}, {{m.session, m.version, {}, 0}, true, {}});
}

caf::expected<drafts::found> fake_drafts::find(const drafts::find& m) const {
  const auto at = rows.find({m.guild.value, m.user.value});
  const auto oldest = now_ms() - std::chrono::milliseconds{drafts::retention}.count();
  if (at == rows.end() || at->second.forgotten || at->second.what.stored_at_ms <= oldest)
    return drafts::found{};
  return drafts::found{at->second.what};
}

drafts::handle fake_drafts::port(caf::actor_system& sys, const way* by) { return sys.spawn(serve, this, by); }

} // namespace arrakis::test
