#include "tests/support/fakes/budget.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::test {
using namespace discord::budget;
using std::chrono::milliseconds;

std::string fake_budget::bucket_of(const std::string& route_key) const {
  const auto end = route_key.find('\n');
  const auto hash = hashes_.find(route_key.substr(0, end));
  return hash == hashes_.end() ? route_key : hash->second + route_key.substr(end);
}

fake_budget::bucket& fake_budget::find(const std::string& route_key, instant now) {
  auto& b = buckets_[bucket_of(route_key)];
  std::erase_if(b.flights, [now](const auto& f) { return f.second.until <= now; });
  return b;
}

milliseconds fake_budget::reserve(const slot& s, instant now) {
  const auto hash = hashes_.find(s.route_key.substr(0, s.route_key.find('\n')));
  if (s.route_key.empty() || (hash != hashes_.end() && hash->second.empty()))
    return {};
  auto& b = find(s.route_key, now);
  if (b.flights.contains(s.name))
    return {};
  const auto known = hash == hashes_.end() ? windows_.end() : windows_.find(hash->second);
  const int flying = static_cast<int>(b.flights.size());
  const int limit = known == windows_.end() ? 1 : known->second.limit;
  if (known == windows_.end() || b.reset <= now) {
    if (flying >= limit)
      return bucket_retry;
    b.left = limit - flying;
    b.reset = known == windows_.end() ? now : now + known->second.length;
  }
  if (b.left <= 0)
    return std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(b.reset - now));
  --b.left;
  b.flights[s.name] = {now + hold_max, ++b.calls};
  return {};
}

void fake_budget::learn(const answered_slot& s, instant now) {
  const auto flight = find(s.route_key, now).flights.extract(s.name);
  bool is_newest = flight && flight.mapped().number == find(s.route_key, now).calls;
  if (!s.bucket)
    return;
  const auto& told = *s.bucket;
  auto& hash = hashes_[s.route_key.substr(0, s.route_key.find('\n'))];
  if (hash != told.hash) {
    hash = told.hash;
    is_newest = !buckets_.contains(bucket_of(s.route_key));
  }
  if (hash.empty())
    return;
  auto& w = windows_[hash];
  w.limit = told.limit;
  if (w.length == milliseconds{0} || told.remaining > 0)
    w.length = std::max(w.length, told.reset_after);
  auto& b = find(s.route_key, now);
  const int left = told.remaining - static_cast<int>(b.flights.size());
  if (is_newest && b.flights.empty()) {
    b.left = told.remaining;
    b.reset = now + told.reset_after;
  } else {
    b.left = b.reset > now ? std::min(b.left, left) : left;
    b.reset = std::max(b.reset, now + told.reset_after);
  }
}

void fake_budget::give_back(const slot& s, instant now) {
  auto& b = find(s.route_key, now);
  if (b.flights.erase(s.name) > 0 && b.reset > now)
    ++b.left;
}

granted fake_budget::trade(const exchange& x, instant now) {
  granted result;
  for (const auto& h : x.new_holds)
    holds_[h.route_key] = std::max(holds_[h.route_key], now + h.left);
  std::erase_if(holds_, [&](const auto& h) { return h.second <= now; });
  holds_version_ += !x.new_holds.empty();
  result.holds_version = std::to_string(holds_version_);
  if (x.holds_seen != result.holds_version)
    for (const auto& [route_key, until] : holds_)
      result.holds.push_back({route_key, std::chrono::ceil<milliseconds>(until - now)});
  if (grants_all) {
    result.count = x.wanted.size();
    return result;
  }
  if (!quiet_)
    quiet_ = now + how.quiet;
  if (x.hold_off > milliseconds{0})
    quiet_ = std::max(*quiet_, now + x.hold_off);
  for (const auto& each : x.answered) {
    held_[each.name] = now + how.held_after_answer;
    if (!each.route_key.empty())
      learn(each, now);
  }
  for (const auto& each : x.unused) {
    held_.erase(each.name);
    if (!each.route_key.empty())
      give_back(each, now);
  }
  std::erase_if(held_, [&](const auto& slot) { return slot.second <= now; });
  if (x.wanted.empty())
    return result;
  if (*quiet_ > now) {
    result.retry = std::chrono::ceil<milliseconds>(*quiet_ - now);
    return result;
  }
  for (size_t i = 0; i < x.wanted.size(); ++i) {
    const auto& each = x.wanted[i];
    if (!held_.contains(each.name) && held_.size() >= static_cast<size_t>(how.slots_max))
      break;
    if (const auto wait = reserve(each, now); wait > milliseconds{0}) {
      result.closed.push_back({i, wait});
      continue;
    }
    held_[each.name] = now + hold_max;
    ++result.count;
  }
  if (result.count + result.closed.size() < x.wanted.size()) {
    const auto first = std::ranges::min_element(held_, {}, [](const auto& slot) { return slot.second; });
    result.retry = std::max(milliseconds{1}, std::chrono::ceil<milliseconds>(first->second - now));
  }
  return result;
}

void fake_budget::forget() {
  buckets_.clear();
  hashes_.clear();
  windows_.clear();
  held_.clear();
  holds_.clear();
  holds_version_ = 0;
  quiet_.reset();
}

namespace {
using actor = handle::extend<caf::reacts_to<later>>;

actor::behavior_type serve(actor::pointer self, fake_budget* b, const way* by) {
  return {
    [=](const exchange& m) {
      return through<granted>(self, by, "budget.trade", m, [self, b](const exchange& x) -> caf::expected<granted> {
        return b->trade(x, self->clock().now());
      });
    },
    [](const later& x) { x.run(); },
  };
}

struct state {
  state() = default;
  fake_budget table;
};
handle::behavior_type behavior(handle::stateful_pointer<state> self, options o) {
  self->state.table.how = std::move(o);
  return {
    [self](const exchange& x) -> caf::result<granted> { return self->state.table.trade(x, self->clock().now()); }};
}
} // namespace

handle fake_budget::port(caf::actor_system& sys, const way* by) { return sys.spawn(serve, this, by); }
handle memory_budget(caf::actor_system& sys, options o) { return sys.spawn(behavior, std::move(o)); }
} // namespace arrakis::test
