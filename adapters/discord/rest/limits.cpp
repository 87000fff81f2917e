#include "adapters/discord/rest/limits.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <unordered_set>

namespace arrakis::discord {
namespace {
using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr auto invalid_window = 10min; // docs/topics/rate-limits, "Invalid Request Limit".
constexpr auto invalid_bin = 10s;
constexpr auto invalid_news = 60s;    // Validity of the cluster's count.
constexpr auto default_wait = 1000ms; // Wait after a 429 of Discord without a time.
// Cloudflare's page names no time; its bans last minutes, so the wait doubles.
constexpr auto block_wait_first = 10'000ms;
constexpr auto block_wait_max = 600'000ms;
constexpr auto block_wait_min = 1'000ms; // Lower bound, whatever the page says.
constexpr int network_error = 40333;     // "internal network error": Discord's code for Cloudflare's refusal.
constexpr json::limits error_limits{.bytes_max = 64 << 10};
constexpr size_t route_key_bytes_max = 256;
constexpr auto hold_max = 7 * 24h;
constexpr double seconds_max = 7 * 24 * 3600.0;

std::optional<int> read_count(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0)
    return std::nullopt;
  return value;
}

/// {"name": ["Must be between 1 and 100 in length."]}
bool is_older_form(const boost::json::object& o) {
  return !o.empty() && std::all_of(o.begin(), o.end(), [](const auto& field) { return field.value().is_array(); });
}

/// True when `route_key` is this route and resource (see limiter::route_key_of).
bool is_at(std::string_view route, std::string_view major, std::string_view route_key) {
  return route_key.size() == route.size() + 1 + major.size() && route_key.starts_with(route)
      && route_key[route.size()] == '\n' && route_key.ends_with(major);
}

/// Wait of the body, which is exact; the header is rounded up to whole seconds (RFC 9110 10.2.3).
void read_limit(facts& f, const boost::json::object& body) {
  f.global = f.global || json::bool_or(body, "global");
  const auto* wait = body.if_contains("retry_after");
  if (!wait || !wait->is_number())
    return;
  const double seconds = wait->to_number<double>();
  if (seconds >= 0 && seconds <= seconds_max)
    f.retry_after = milliseconds{static_cast<int64_t>(std::ceil(seconds * 1000))};
}
} // namespace

bool from_api(int status, std::string_view body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  if (status < 300) // 204 has none.
    return first == std::string_view::npos || body[first] != '<';
  const auto tree = json::parse(body, error_limits);
  const auto* o = tree ? tree->if_object() : nullptr;
  if (!o)
    return false;
  const auto has = [o](std::string_view key, auto is) {
    const auto* member = o->if_contains(key);
    return member && is(*member);
  };
  if (status == 429)
    return has("retry_after", [](const auto& v) { return v.is_number(); })
        && has("global", [](const auto& v) { return v.is_bool(); });
  if (has("code", [](const auto& v) { return v.is_int64(); })
      && has("message", [](const auto& v) { return v.is_string(); }))
    return json::integer_or(*o, "code") != network_error;
  return status == 400 && is_older_form(*o);
}

std::optional<milliseconds> read_seconds(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= seconds_max))
    return std::nullopt;
  // 0.3 * 1000 is 299.99..: the small term keeps ceil from adding a whole millisecond to exact values.
  return milliseconds{static_cast<int64_t>(std::ceil(value * 1000 - 1e-6))};
}

facts read_facts(int status, const net::headers& headers, std::string_view body) {
  facts f;
  f.status = status;
  f.limit = read_count(net::header(headers, "X-RateLimit-Limit"));
  f.remaining = read_count(net::header(headers, "X-RateLimit-Remaining"));
  f.reset_after = read_seconds(net::header(headers, "X-RateLimit-Reset-After"));
  f.bucket = net::header(headers, "X-RateLimit-Bucket");
  // Errors above 499 come from behind the block, and are retried as such.
  f.is_from_proxy = status >= 300 && status < 500 && !from_api(status, body);
  if (status != 429 && !f.is_from_proxy)
    return f;
  f.retry_after = read_seconds(net::header(headers, "Retry-After"));
  f.global = !net::header(headers, "X-RateLimit-Global").empty();
  const auto scope = net::header(headers, "X-RateLimit-Scope");
  f.of = scope == "user"   ? facts::scope::user
       : scope == "global" ? facts::scope::global
       : scope == "shared" ? facts::scope::shared
                           : facts::scope::none;
  f.global = f.global || f.of == facts::scope::global;
  if (const auto tree = json::parse(body, error_limits); tree && tree->is_object())
    read_limit(f, tree->get_object());
  return f;
}

std::string limiter::bucket_of(const std::string& route, const std::string& major) const {
  const auto known = hashes_.find(route);
  return (known == hashes_.end() ? "route " + route : "hash " + known->second) + '\n' + major;
}

instant limiter::opens_at(const std::string& key) const {
  const auto found = buckets_.find(key);
  return found == buckets_.end() || found->second.remaining > 0 ? instant{} : found->second.reset;
}

bool limiter::open(const std::string& key, instant now) const {
  const auto found = buckets_.find(key);
  return found == buckets_.end() || (found->second.in_flight == 0 && opens_at(key) <= now);
}

instant limiter::paused_until(bool interaction) const {
  return interaction ? blocked_until_ : std::max(blocked_until_, global_until_);
}

instant limiter::held_until(const std::string& route_key) const {
  const auto found = holds_.find(route_key);
  return found == holds_.end() ? instant{} : found->second.until;
}

instant limiter::guarded_until(instant now) const {
  if (!closed(now))
    return instant{};
  if (now < invalid_of_all_until_ && invalid_of_all_ + unshared_invalid_ >= options_.invalid_max)
    return invalid_of_all_until_; // Then a new count is known.
  auto left = invalid(now);
  for (const auto& [at, n] : invalid_)
    if (now - at < invalid_window + invalid_bin && (left -= std::min(left, n)) < options_.invalid_max)
      return at + invalid_window + invalid_bin;
  return now + invalid_bin;
}

delay_cause limiter::delay_cause_of(const waiting& w, instant now) const {
  const auto route_key = route_key_of(w);
  const auto held = holds_.find(route_key);
  const bool blocked = held != holds_.end() && held->second.block > 0ms;
  delay_cause most{blocked_until_, true};
  const auto consider = [&](instant until, bool is_blocked) {
    if (until > most.until)
      most = {until, is_blocked};
  };
  consider(held_until(route_key), blocked);
  consider(guarded_until(now), true);
  consider(opens_at(bucket_of(w.route, w.major)), false);
  consider(w.interaction ? instant{} : global_until_, false);
  return most;
}

void limiter::put(waiting call, bool in_front) {
  auto& ring = rings_[call.interaction];
  auto found = ring.by_name.find(call.tenant);
  if (found == ring.by_name.end()) {
    ring.order.push_back({call.tenant, {}});
    found = ring.by_name.emplace(call.tenant, std::prev(ring.order.end())).first;
  }
  auto& lines = found->second->lines;
  auto at = std::find_if(lines.begin(), lines.end(),
                         [&](const line& l) { return l.route == call.route && l.major == call.major; });
  if (at == lines.end())
    at = lines.insert(lines.end(), line{call.route, call.major, {}});
  ++waiting_;
  if (in_front)
    at->calls.push_front(std::move(call));
  else
    at->calls.push_back(std::move(call));
}

bool limiter::add(waiting call) {
  if (waiting_ >= options_.waiting_max)
    return false;
  put(std::move(call), false);
  return true;
}

void limiter::cancel(uint64_t ticket) {
  for (auto& ring : rings_)
    for (auto who = ring.order.begin(); who != ring.order.end(); ++who)
      for (auto at = who->lines.begin(); at != who->lines.end(); ++at) {
        const auto call = std::find_if(at->calls.begin(), at->calls.end(),
                                       [&](const waiting& w) { return w.ticket == ticket; });
        if (call == at->calls.end())
          continue;
        at->calls.erase(call);
        --waiting_;
        if (at->calls.empty())
          who->lines.erase(at);
        if (who->lines.empty()) {
          ring.by_name.erase(who->name);
          ring.order.erase(who);
        }
        return;
      }
}

std::optional<uint64_t> limiter::take(bool interaction, instant now, std::string_view route_key) {
  if (paused_until(interaction) > now || closed(now) || !may_probe())
    return std::nullopt;
  auto& ring = rings_[interaction];
  for (auto who = ring.order.begin(); who != ring.order.end(); ++who)
    for (auto at = who->lines.begin(); at != who->lines.end(); ++at) {
      if (!route_key.empty() && !is_at(at->route, at->major, route_key))
        continue;
      const auto key = bucket_of(at->route, at->major);
      const auto call = std::find_if(at->calls.begin(), at->calls.end(),
                                     [&](const waiting& w) { return w.not_before <= now; });
      if (call == at->calls.end() || !open(key, now) || held_until(at->route + '\n' + at->major) > now)
        continue;
      auto& b = buckets_[key];
      if (b.remaining <= 0)
        b.remaining = b.limit.value_or(1); // The window is over: Discord's count begins again.
      --b.remaining;
      ++b.in_flight;
      const auto ticket = call->ticket;
      flying_.emplace(ticket, flight{std::move(*call), key, now});
      at->calls.erase(call);
      --waiting_;
      if (at->calls.empty())
        who->lines.erase(at);
      else
        who->lines.splice(who->lines.end(), who->lines, at);
      if (who->lines.empty()) {
        ring.by_name.erase(who->name);
        ring.order.erase(who);
      } else {
        ring.order.splice(ring.order.end(), ring.order, who);
      }
      return ticket;
    }
  return std::nullopt;
}

std::vector<std::string> limiter::wanted(instant now, size_t at_most) const {
  std::vector<std::string> route_keys;
  if (paused_until(false) > now || closed(now) || !may_probe())
    return route_keys;
  if (block_wait_ > 0ms)
    at_most = std::min<size_t>(at_most, 1);
  std::unordered_set<std::string> chosen;
  const auto choose = [&](const line& l) {
    auto key = bucket_of(l.route, l.major);
    const bool due = std::any_of(l.calls.begin(), l.calls.end(), [&](const waiting& w) { return w.not_before <= now; });
    auto route_key = l.route + '\n' + l.major;
    if (!due || !open(key, now) || held_until(route_key) > now || !chosen.insert(std::move(key)).second)
      return false;
    route_keys.push_back(std::move(route_key));
    return true;
  };
  using lines = std::list<line>::const_iterator;
  std::vector<std::pair<lines, lines>> tenants; // Of each, the lines that were not looked at.
  const auto choose_next = [&](std::pair<lines, lines>& of) {
    while (of.first != of.second && !choose(*of.first++)) {}
  };
  for (auto who = rings_[0].order.begin(); who != rings_[0].order.end() && route_keys.size() < at_most; ++who)
    choose_next(tenants.emplace_back(who->lines.begin(), who->lines.end()));
  for (size_t before = 0; before < route_keys.size() && route_keys.size() < at_most;) {
    before = route_keys.size();
    for (auto of = tenants.begin(); of != tenants.end() && route_keys.size() < at_most; ++of)
      choose_next(*of);
  }
  return route_keys;
}

void limiter::learn_closed(const std::string& route_key, instant until) {
  const auto end = route_key.find('\n');
  auto& b = buckets_[bucket_of(route_key.substr(0, end), route_key.substr(end + 1))];
  b.remaining = 0;
  b.reset = std::max(b.reset, until);
}

std::optional<instant> limiter::next(instant now) const {
  std::optional<instant> soonest;
  for (const bool interaction : {false, true})
    for (const auto& who : rings_[interaction].order)
      for (const auto& l : who.lines) {
        const auto key = bucket_of(l.route, l.major);
        const auto found = buckets_.find(key);
        if (found != buckets_.end() && found->second.in_flight > 0)
          continue;
        const auto first = std::min_element(l.calls.begin(), l.calls.end(), [](const waiting& a, const waiting& b) {
                             return a.not_before < b.not_before;
                           })->not_before;
        const auto at = std::max(
          {first, opens_at(key), paused_until(interaction), held_until(l.route + '\n' + l.major)});
        if (at > now && (!soonest || at < *soonest))
          soonest = at;
      }
  return soonest;
}

std::optional<limiter::flight> limiter::land(uint64_t ticket) {
  const auto found = flying_.find(ticket);
  if (found == flying_.end())
    return std::nullopt;
  auto landed = std::move(found->second);
  flying_.erase(found);
  --buckets_[landed.bucket].in_flight;
  return landed;
}

void limiter::withdraw(uint64_t ticket) {
  if (const auto landed = land(ticket))
    ++buckets_[landed->bucket].remaining; // The call was not sent.
}

void limiter::unanswered(uint64_t ticket, instant) { land(ticket); }

std::string limiter::learn(const flight& landed, const facts& f, instant now) {
  auto key = landed.bucket;
  if (!f.bucket.empty()) {
    auto& hash = hashes_[landed.call.route];
    hash = f.bucket;
    key = bucket_of(landed.call.route, landed.call.major);
    if (key != landed.bucket && buckets_[landed.bucket].in_flight == 0)
      buckets_.erase(landed.bucket);
  }
  auto& b = buckets_[key];
  if (f.limit)
    b.limit = f.limit;
  if (f.remaining && f.reset_after) {
    b.remaining = *f.remaining;
    b.reset = now + *f.reset_after + options_.margin;
  } else if (!b.limit) {
    b.remaining = 1; // No headers: the route has no bucket; one at a time stays.
  }
  return key;
}

reaction limiter::limited(const flight& landed, const std::string& key, const facts& f, instant now) {
  auto& b = buckets_[key];
  const auto wait = f.retry_after.value_or(default_wait) + options_.margin;
  if (f.global) {
    global_until_ = std::max(global_until_, now + wait);
    return {true, wait, "global"};
  }
  const auto route_key = route_key_of(landed.call);
  auto& held = holds_[route_key];
  held.until = std::max(held.until, now + wait);
  // Only one interaction has the token in a webhook's resource.
  if (!landed.call.interaction && wait >= options_.hold_shared_min && unshared_holds_.size() < options_.holds_max)
    unshared_holds_[route_key] = held.until;
  // The bucket has room by its headers: this is a limit of route and resource that headers do not show (renaming a
  // channel: 2 in 10 minutes). The rest of the bucket continues.
  if (f.of != facts::scope::shared && f.remaining.value_or(0) > 0)
    return {true, wait, "sublimit"};
  b.remaining = 0;
  b.reset = std::max(b.reset, now + wait);
  return {true, wait, f.of == facts::scope::shared ? "shared" : "user"};
}

/// Handles a block of Cloudflare, of the address or of one request's content. A 429, or blocks of two routes or
/// resources without a passed call between them, mean the address: then all calls wait, and one at a time probes.
/// Until then only the call's route and resource wait, so that one call's content cannot stop others.
reaction limiter::blocked(const flight& landed, const facts& f, instant now) {
  const auto longer = [](milliseconds last) {
    return std::clamp<milliseconds>(last * 2, block_wait_first, block_wait_max);
  };
  const auto route_key = route_key_of(landed.call);
  const bool elsewhere = !blocked_route_key_.empty() && blocked_route_key_ != route_key;
  blocked_route_key_ = route_key;
  if (f.status == 429 || elsewhere || block_wait_ > 0ms) {
    if (landed.sent >= blocked_until_) // Calls sent before the pause bring no news.
      block_wait_ = longer(block_wait_);
    const auto wait = std::max<milliseconds>(f.retry_after.value_or(block_wait_), block_wait_min);
    blocked_until_ = std::max(blocked_until_, now + wait);
    return {true, wait, "cloudflare"};
  }
  auto& held = holds_[route_key];
  held.block = longer(held.block);
  const auto wait = std::max<milliseconds>(f.retry_after.value_or(held.block), block_wait_min);
  held.until = std::max(held.until, now + wait);
  return {true, wait, "cloudflare"};
}

std::optional<bucket_news> limiter::news_of(const flight& landed, const std::string& key, const facts& f) const {
  if (f.is_from_proxy || f.global || landed.call.interaction)
    return std::nullopt;
  if (!f.limit || f.bucket.empty())
    return f.status < 300 ? std::optional{bucket_news{}} : std::nullopt;
  const auto& b = buckets_.at(key);
  return bucket_news{f.bucket, *f.limit, b.remaining, b.reset};
}

reaction limiter::answered(uint64_t ticket, const facts& f, instant now) {
  const auto landed = land(ticket);
  if (!landed)
    return {};
  const auto key = learn(*landed, f, now);
  const bool counts = f.status == 401 || f.status == 403 || (f.status == 429 && f.of != facts::scope::shared)
                   || f.is_from_proxy;
  if (counts)
    count_invalid(now);
  if (f.is_from_proxy)
    return blocked(*landed, f, now);
  block_wait_ = 0ms;
  blocked_route_key_.clear();
  if (f.status == 429) {
    auto r = limited(*landed, key, f, now);
    r.bucket = news_of(*landed, key, f);
    return r;
  }
  if (const auto held = holds_.find(route_key_of(landed->call)); held != holds_.end() && held->second.until <= now)
    holds_.erase(held);
  return {.bucket = news_of(*landed, key, f)};
}

std::vector<budget::hold> limiter::take_unshared_holds(instant now) {
  std::vector<budget::hold> list;
  for (const auto& [route_key, until] : std::exchange(unshared_holds_, {}))
    if (until > now)
      list.push_back({route_key, std::chrono::ceil<milliseconds>(until - now)});
  return list;
}

void limiter::put_back_unshared_holds(const std::vector<budget::hold>& list) {
  for (const auto& [route_key, left] : list)
    if (const auto until = held_until(route_key); until != instant{})
      unshared_holds_[route_key] = until;
}

void limiter::learn_holds(const std::vector<budget::hold>& list, instant now) {
  for (const auto& [route_key, left] : list) {
    if (route_key.size() > route_key_bytes_max || left <= 0ms || left > hold_max)
      continue;
    if (holds_.size() >= options_.holds_max && !holds_.contains(route_key))
      return;
    auto& held = holds_[route_key];
    held.until = std::max(held.until, now + left);
  }
}

void limiter::count_invalid(instant now) {
  if (invalid_.empty() || now - invalid_.back().first >= invalid_bin)
    invalid_.emplace_back(now, 0);
  ++invalid_.back().second;
  ++unshared_invalid_;
}

size_t limiter::invalid(instant now) const {
  size_t sum = 0;
  for (const auto& [at, n] : invalid_)
    // A bin counts until its newest possible answer is 10 minutes old.
    if (now - at < invalid_window + invalid_bin)
      sum += n;
  return now < invalid_of_all_until_ ? std::max(sum, invalid_of_all_ + unshared_invalid_) : sum;
}

void limiter::learn_invalid(size_t of_all, instant now) {
  invalid_of_all_ = of_all;
  invalid_of_all_until_ = now + invalid_news;
}

void limiter::sweep(instant now) {
  while (!invalid_.empty() && now - invalid_.front().first >= invalid_window + invalid_bin)
    invalid_.pop_front();
  std::erase_if(holds_, [&](const auto& entry) { return entry.second.until + block_wait_max <= now; });
  std::erase_if(buckets_, [&](const auto& entry) {
    const auto& b = entry.second;
    return b.in_flight == 0 && b.reset <= now;
  });
}

} // namespace arrakis::discord
