#include "tests/support/fakes/redis.hpp"

#include "tests/support/fakes/replies.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::test {
namespace {
using actor = redis::handle::extend<caf::reacts_to<later>>;
actor::behavior_type serve(actor::pointer self, fake_redis* r, const way* by) {
  return {
    [=](const redis::command& m) {
      return through<redis::reply>(self, by, "redis.command", m, [r](const redis::command& x) { return r->run(x); });
    },
    [=](const redis::eval& m) {
      return through<redis::reply>(self, by, "redis.eval", m, [r](const redis::eval& x) { return r->run(x); });
    },
    [](const later& x) { x.run(); },
  };
}
} // namespace

fake_redis::entry* fake_redis::find(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end())
    return nullptr;
  if (found->second.until_ms > now_ms())
    return &found->second;
  entries_.erase(found);
  return nullptr;
}

caf::expected<redis::reply> fake_redis::run(const redis::command& c) {
  const auto& a = redis::words_of(c);
  if (a.size() == 6 && a[0] == "SET" && a[3] == "NX" && a[4] == "PX") {
    if (find(a[1]))
      return redis::reply{};
    entries_[a[1]] = {"", a[2], now_ms() + std::stoll(a[5])};
    return text("OK");
  }
  if (a.size() == 4 && a[0] == "HMGET" && a[2] == "version" && a[3] == "record") {
    const auto* e = find(a[1]);
    return e ? list({text(e->version), text(e->text)}) : list({redis::reply{}, redis::reply{}});
  }
  return fail(ec::internal, "ERR unknown command of the fake: " + (a.empty() ? std::string{} : a[0]));
}

caf::expected<redis::reply> fake_redis::run(const redis::eval& e) {
  if (!e.code || e.code->name != "wizard_swap" || e.keys.size() != 1 || e.args.size() != 4)
    return fail(ec::internal, "ERR unknown script of the fake");
  const auto* at = find(e.keys[0]);
  const auto version = at ? at->version : "0";
  if (compares && version != e.args[0])
    return list({number(0), text(version), text(at ? at->text : "")});
  if (e.args[1] == "0")
    entries_.erase(e.keys[0]);
  else
    entries_[e.keys[0]] = {e.args[1], e.args[2], now_ms() + std::stoll(e.args[3])};
  return list({number(1)});
}

redis::handle fake_redis::port(caf::actor_system& sys, const way* by) { return sys.spawn(serve, this, by); }
} // namespace arrakis::test
