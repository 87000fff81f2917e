#pragma once
// Discord's rate limits as a pure value: no clock, no thread, no socket. It decides which waiting call may be sent
// next; the actor in rest.hpp sends. https://discord.com/developers/docs/topics/rate-limits
#include "adapters/discord/rest/budget.hpp"
#include "runtime/net/http.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace arrakis::discord {
using instant = std::chrono::steady_clock::time_point;

/// Rate limit data of an answer.
struct facts {
  /// X-RateLimit-Scope.
  enum class scope { none, user, global, shared };
  int status = 0;
  std::optional<int> limit;
  std::optional<int> remaining;
  std::optional<std::chrono::milliseconds> reset_after;
  std::optional<std::chrono::milliseconds> retry_after; ///< Header Retry-After, else the body's retry_after.
  std::string bucket;                                   ///< X-RateLimit-Bucket.
  scope of = scope::none;
  bool global = false;        ///< X-RateLimit-Global, or the body's `global`.
  bool is_from_proxy = false; ///< A proxy before Discord's API wrote the answer (see from_api).
};
/// Reads the rate limit data of an answer.
facts read_facts(int status, const net::headers&, std::string_view body);
/// True when Discord's API wrote this answer; false for a proxy on the way to it: Cloudflare's page (403, 400 or 429 in
/// HTML), Cloudflare's JSON, a proxy's redirect, or code 40333 ("internal network error"), by which Discord passes on
/// what Cloudflare refused. The API's errors are objects with `code` and `message`; a 429 has `retry_after` and
/// `global`; an older form of 400 has a list of texts for each field.
/// https://discord.com/developers/docs/reference#error-messages
bool from_api(int status, std::string_view body);
/// Parses seconds: "0.3" is 300 ms, rounded up to milliseconds; empty unless a number from 0 to one week.
std::optional<std::chrono::milliseconds> read_seconds(std::string_view text);

/// A waiting call.
struct waiting {
  uint64_t ticket = 0;
  std::string route;        ///< Template with method.
  std::string major;        ///< Guild, channel or webhook.
  std::string tenant;       ///< Tenants take turns, round robin.
  bool interaction = false; ///< Exempt from the global limit, not from buckets.
  instant not_before{};
};

/// A bucket after an answer, for the other processes.
struct bucket_news {
  std::string hash;
  int limit = 0; ///< 0: the route has no bucket.
  int remaining = 0;
  instant reset{};
};

/// Decision on a call after its answer.
struct reaction {
  bool again = false; ///< 429 or a block: send the call again after `wait`.
  std::chrono::milliseconds wait{0};
  std::string_view cause = "";         ///< user, shared, global, sublimit, cloudflare; for metrics.
  std::optional<bucket_news> bucket{}; ///< Empty: the answer says nothing of the bucket.
};

/// Reason why a call cannot be sent before `until`.
struct delay_cause {
  instant until{};
  bool is_blocked = false; ///< Cloudflare blocks this address; otherwise a limit of Discord.
};

/// Settings of the limiter.
struct limiter_options {
  size_t waiting_max = 10'000;
  /// Discord bans an address after 10,000 answers of 401, 403 or 429 in 10 minutes; calls stop at 80 %.
  size_t invalid_max = 8'000;
  /// Limit of holds stored at once; further ones are ignored.
  size_t holds_max = 1'000;
  /// Shorter waits end before another process could use them, so they are not shared.
  std::chrono::milliseconds hold_shared_min{1'000};
  /// Discord prints Reset-After with three decimals; this covers their rounding.
  std::chrono::milliseconds margin{5};
};

/// Rate limiter: buckets by hash and major parameter with at most one call in flight each (so that a header is always
/// newer than the last call), waits by route and resource (holds), turns over tenants, pauses after a global 429 and
/// while the address is blocked, and the guard against a ban. The caller passes the time.
class limiter {
public:
  explicit limiter(limiter_options options = {}) : options_(options) {}

  /// Adds a call; false: `waiting_max` is reached, and the call was not added.
  bool add(waiting);
  /// Removes a waiting call; one in flight must end with answered() or unanswered().
  void cancel(uint64_t ticket);
  /// Returns the next call that may be sent now, or none. It is in flight from then on. `route_key`: only a call with
  /// this key; empty: any.
  std::optional<uint64_t> take(bool interaction, instant now, std::string_view route_key = {});
  /// Places of the calls that could be sent now, given slots of the global budget, by turn: one for each bucket, at
  /// most `at_most`.
  std::vector<std::string> wanted(instant now, size_t at_most) const;
  /// Learns that the bucket of a route key is empty until then, because of other processes.
  void learn_closed(const std::string& route_key, instant until);
  /// Removes a taken call that was not sent (frozen, cancelled).
  void withdraw(uint64_t ticket);
  /// Records that a sent call got no answer; Discord may have counted it.
  void unanswered(uint64_t ticket, instant now);
  reaction answered(uint64_t ticket, const facts&, instant now);
  /// Puts an answered or unanswered call back to the front of its queue. `call`: as it was added.
  void again(waiting call) { put(std::move(call), true); }

  /// Next time at which a waiting call may be sent without further input; none: only an answer or a new call changes
  /// that.
  std::optional<instant> next(instant now) const;
  /// Route key of a call, for holds and slots: route, line feed, major parameter.
  static std::string route_key_of(const waiting& w) { return w.route + '\n' + w.major; }
  /// Reason and end of the delay of `w`; an end in the past: none.
  delay_cause delay_cause_of(const waiting& w, instant now) const;
  /// Takes the holds that are not shared yet; they count as shared afterwards.
  std::vector<budget::hold> take_unshared_holds(instant now);
  bool has_unshared_holds() const { return !unshared_holds_.empty(); }
  /// Puts holds back that could not be shared.
  void put_back_unshared_holds(const std::vector<budget::hold>&);
  /// Learns the holds of all processes. A known one is never shortened.
  void learn_holds(const std::vector<budget::hold>&, instant now);
  size_t holds() const { return holds_.size(); }
  /// True while the guard against a ban stops all calls.
  bool closed(instant now) const { return invalid(now) >= options_.invalid_max; }
  /// Invalid requests in the last 10 minutes: this process's own count, or the cluster's total when it is known.
  size_t invalid(instant now) const;
  /// Takes this process's invalid requests that are not shared yet; they count as shared afterwards.
  size_t take_unshared_invalid() { return std::exchange(unshared_invalid_, 0); }
  size_t unshared_invalid() const { return unshared_invalid_; }
  /// Puts back a count that could not be shared.
  void put_back_unshared_invalid(size_t count) { unshared_invalid_ += count; }
  /// Learns the cluster's total of invalid requests. It expires after 1 min; then one call probes.
  void learn_invalid(size_t of_all, instant now);
  size_t size() const { return waiting_; }
  size_t in_flight() const { return flying_.size(); }
  size_t buckets() const { return buckets_.size(); }
  /// Removes buckets that are idle and full again.
  void sweep(instant now);

private:
  struct bucket {
    int in_flight = 0;
    std::optional<int> limit; ///< Unknown until the first answer; until then one call at a time.
    int remaining = 1;
    instant reset{};
  };
  struct line {
    std::string route;
    std::string major;
    std::deque<waiting> calls;
  };
  struct tenant {
    std::string name;
    std::list<line> lines;
  };
  struct ring {
    std::list<tenant> order; ///< Front: the tenant with the next turn.
    std::unordered_map<std::string, std::list<tenant>::iterator> by_name;
  };
  struct flight {
    waiting call;
    std::string bucket;
    instant sent{};
  };
  struct wait_at {
    instant until{};
    std::chrono::milliseconds block{0}; ///< Last wait after an answer of a proxy; doubles.
  };

  std::string bucket_of(const std::string& route, const std::string& major) const;
  bool open(const std::string& bucket, instant now) const;
  instant opens_at(const std::string& bucket) const;
  instant paused_until(bool interaction) const;
  instant held_until(const std::string& route_key) const;
  instant guarded_until(instant now) const;
  bool may_probe() const { return block_wait_.count() == 0 || flying_.empty(); }
  void put(waiting, bool in_front);
  std::optional<flight> land(uint64_t ticket);
  std::string learn(const flight&, const facts&, instant now);
  std::optional<bucket_news> news_of(const flight&, const std::string& bucket, const facts&) const;
  reaction limited(const flight&, const std::string& bucket, const facts&, instant now);
  reaction blocked(const flight&, const facts&, instant now);
  void count_invalid(instant now);

  limiter_options options_;
  ring rings_[2]; ///< [1]: interactions.
  std::unordered_map<std::string, bucket> buckets_;
  std::unordered_map<std::string, std::string> hashes_; ///< Route to bucket hash.
  std::unordered_map<uint64_t, flight> flying_;
  std::deque<std::pair<instant, size_t>> invalid_; ///< This process's counts by 10 s.
  size_t unshared_invalid_ = 0;
  size_t invalid_of_all_ = 0;
  instant invalid_of_all_until_{};
  instant global_until_{};
  instant blocked_until_{};
  std::chrono::milliseconds block_wait_{0}; ///< Above 0: the address counts as blocked, and one call at a time probes.
  std::string blocked_route_key_; ///< Route and resource of the last blocked call; cleared when a call passes.
  std::unordered_map<std::string, wait_at> holds_; ///< By route key.
  std::unordered_map<std::string, instant> unshared_holds_;
  size_t waiting_ = 0;
};

} // namespace arrakis::discord
