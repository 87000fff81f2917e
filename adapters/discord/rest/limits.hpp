#pragma once
// Discord's limits as a pure value: no clock of its own, no thread, no socket. It decides which waiting call may go
// next; the actor beside it sends. https://discord.com/developers/docs/topics/rate-limits
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

/// What an answer says about limits.
struct facts {
  enum class scope { none, user, global, shared };
  int status = 0;
  std::optional<int> limit;
  std::optional<int> remaining;
  std::optional<std::chrono::milliseconds> reset_after;
  std::optional<std::chrono::milliseconds> retry_after; ///< Header, else the body's retry_after.
  std::string bucket;                                   ///< X-RateLimit-Bucket.
  scope of = scope::none;
  bool global = false; ///< X-RateLimit-Global, or the body's `global`.
  bool is_from_proxy =
    false; ///< Discord's API did not write this answer (see from_api): something before it blocks us.
};
facts read_facts(int status, const net::headers&, std::string_view body);
/// Whether Discord's API wrote this answer, and not something on the way to it: Cloudflare's page (403, 400 or 429 in
/// HTML), Cloudflare's JSON, a proxy's redirect, or code 40333 ("internal network error"), by which Discord passes on
/// what Cloudflare refused. The API's errors are objects with `code` and `message`; a 429 has `retry_after` and
/// `global`; an older form of 400 has a list of texts for each field.
/// https://discord.com/developers/docs/reference#error-messages
bool from_api(int status, std::string_view body);
/// "0.3" is 300 ms; rounded up to whole milliseconds; empty for anything that is not a number from 0 to one week.
std::optional<std::chrono::milliseconds> read_seconds(std::string_view text);

/// A call that waits for its turn.
struct waiting {
  uint64_t ticket = 0;
  std::string route;        ///< Template with method.
  std::string major;        ///< Guild, channel or webhook.
  std::string tenant;       ///< Turns go round robin over tenants.
  bool interaction = false; ///< Exempt from the global limit, not from buckets.
  instant not_before{};
};

/// What becomes of a call after its answer.
struct reaction {
  bool again = false; ///< 429: wait, then the same call once more.
  std::chrono::milliseconds wait{0};
  std::string_view cause = ""; ///< user, shared, global, sublimit, cloudflare; for metrics.
};

/// Why a call cannot leave before `until`, as far as is known.
struct delay_cause {
  instant until{};
  bool is_blocked = false; ///< What lies before Discord's API blocks us; otherwise a limit of Discord.
};

struct limiter_options {
  size_t waiting_max = 10'000;
  /// Discord bans an address for a while after 10,000 answers of 401, 403 or 429 in 10 minutes; we stop at 80 %.
  size_t invalid_max = 8'000;
  /// Told holds that other processes gave us or we gave them, kept at once; more are not taken.
  size_t holds_max = 1'000;
  /// Shorter told waits are over before another process could ask: it is not told of them.
  std::chrono::milliseconds hold_told_min{1'000};
  /// Discord prints Reset-After with three decimals; this covers their rounding.
  std::chrono::milliseconds margin{5};
};

/// Buckets by hash and major parameter with at most one call in flight each (so that a header is always newer than the
/// last call), told waits by route and resource, turns over tenants, pauses after a global 429 and while our address is
/// blocked, and the guard against a ban. Every time comes from the caller.
class limiter {
public:
  explicit limiter(limiter_options options = {}) : options_(options) {}

  /// False: `waiting_max` is reached and nothing was kept.
  bool add(waiting);
  /// Forgets a waiting call; one in flight must end with answered() or unanswered().
  void cancel(uint64_t ticket);
  /// The next call that may leave now, or none. It is in flight from here on.
  std::optional<uint64_t> take(bool interaction, instant now);
  /// How many calls could be taken now with as many slots of the global budget.
  size_t wanted(instant now, size_t at_most) const;
  /// A taken call that was not sent after all and is over (frozen, cancelled).
  void withdraw(uint64_t ticket);
  /// Sent, and no answer came: it may have counted.
  void unanswered(uint64_t ticket, instant now);
  reaction answered(uint64_t ticket, const facts&, instant now);
  /// Puts a call that was answered or unanswered in front of its line again. `call` as it was added.
  void again(waiting call) { put(std::move(call), true); }

  /// When a call that may not leave now may leave by the passing of time alone; none: only an answer or a new call
  /// helps.
  std::optional<instant> next(instant now) const;
  /// Route and resource: what a told wait holds for.
  static std::string place_of(const waiting& w) { return w.route + '\n' + w.major; }
  /// What keeps `w` from leaving, and until when; in the past where nothing does.
  delay_cause delay_cause_of(const waiting& w, instant now) const;
  /// Told waits that other processes have not heard of; they count as told from here on.
  std::vector<budget::hold> take_untold_holds(instant now);
  bool has_untold_holds() const { return !untold_holds_.empty(); }
  /// They were not told after all.
  void put_back_untold_holds(const std::vector<budget::hold>&);
  /// Told waits of all processes. One that is known already is not shortened.
  void learn_holds(const std::vector<budget::hold>&, instant now);
  size_t holds() const { return holds_.size(); }
  /// The guard against the ban: nothing may leave.
  bool closed(instant now) const { return invalid(now) >= options_.invalid_max; }
  /// As many as this process knows of: its own, or what all processes together were told of last.
  size_t invalid(instant now) const;
  /// Those of this process that the others have not been told of; they count as told from here on.
  size_t take_untold() { return std::exchange(untold_, 0); }
  size_t untold() const { return untold_; }
  /// They were not told after all.
  void put_back_untold(size_t count) { untold_ += count; }
  /// The count of all processes. It is news for a minute: without any afterwards, one call finds out.
  void learn_invalid(size_t of_all, instant now);
  size_t size() const { return waiting_; }
  size_t in_flight() const { return flying_.size(); }
  size_t buckets() const { return buckets_.size(); }
  /// Forgets buckets that are idle and full again.
  void sweep(instant now);

private:
  struct bucket {
    int in_flight = 0;
    std::optional<int> limit; ///< Unknown until the first answer: then one call at a time is the whole rule.
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
    std::list<tenant> order; ///< Front: whose turn it is.
    std::unordered_map<std::string, std::list<tenant>::iterator> by_name;
  };
  struct flight {
    waiting call;
    std::string bucket;
    instant sent{};
  };
  struct wait_at {
    instant until{};
    std::chrono::milliseconds block{0}; ///< The last wait for an answer that Discord's API did not write; doubles.
  };

  std::string bucket_of(const std::string& route, const std::string& major) const;
  bool open(const std::string& bucket, instant now) const;
  instant opens_at(const std::string& bucket) const;
  instant paused_until(bool interaction) const;
  instant held_until(const std::string& place) const;
  instant guarded_until(instant now) const;
  bool may_probe() const { return block_wait_.count() == 0 || flying_.empty(); }
  void put(waiting, bool in_front);
  std::optional<flight> land(uint64_t ticket);
  std::string learn(const flight&, const facts&, instant now);
  reaction limited(const flight&, const std::string& bucket, const facts&, instant now);
  reaction blocked(const flight&, const facts&, instant now);
  void count_invalid(instant now);

  limiter_options options_;
  ring rings_[2]; ///< [1]: interactions.
  std::unordered_map<std::string, bucket> buckets_;
  std::unordered_map<std::string, std::string> hashes_; ///< Route to bucket hash.
  std::unordered_map<uint64_t, flight> flying_;
  std::deque<std::pair<instant, size_t>> invalid_; ///< Own counts by 10 s.
  size_t untold_ = 0;
  size_t invalid_of_all_ = 0;
  instant invalid_of_all_until_{};
  instant global_until_{};
  instant blocked_until_{};
  std::chrono::milliseconds block_wait_{0}; ///< Above 0 our address is taken for blocked: one call at a time finds out.
  std::string blocked_place_;               ///< Of the last blocked call, until something passes.
  std::unordered_map<std::string, wait_at> holds_; ///< By place.
  std::unordered_map<std::string, instant> untold_holds_;
  size_t waiting_ = 0;
};

} // namespace arrakis::discord
