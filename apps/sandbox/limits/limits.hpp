#pragma once
// Discord's rate limits, counted by arrival. https://discord.com/developers/docs/topics/rate-limits
#include <boost/json.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::sandbox::limits {

/// Rate limit rule of one bucket. Routes of one family share their tokens (for one major parameter).
struct rule {
  std::string family;
  int limit = 0;
  int64_t window_ms = 0;
};
/// The rule of a route template such as "POST /guilds/{guild}/roles". Discord publishes no table: the known ones (two
/// /gateway/bot in 5 s, 5 messages in 5 s, 10 role grants in 10 s, 250 roles in 48 h) are kept, the rest is plausible.
const rule& rule_of(std::string_view route);

/// Properties of a request that limits depend on.
struct arrival {
  std::string_view route;
  std::string_view major;     ///< Guild, channel or webhook id that splits the bucket.
  std::string_view caller;    ///< Application id, or address when unauthenticated.
  bool global_exempt = false; ///< Interaction callbacks and interaction webhooks.
  bool sublimited = false;    ///< A channel's name or topic is to change: 2 in 10 minutes, in no header.
};

/// Scope of a rate limit, as X-RateLimit-Scope has it; banned: Cloudflare's ban after too many invalid requests.
enum class scope { none, user, global, shared, banned };
/// Name of a scope, as in X-RateLimit-Scope.
std::string_view name_of(scope);

/// The limiter's answer to one request.
struct decision {
  scope refused = scope::none; ///< none: pass
  int64_t retry_after_ms = 0;
  // The five headers; limit 0: the route shows none.
  int limit = 0;
  int remaining = 0;
  int64_t reset_after_ms = 0;
  std::string bucket;
};

/// Rate limiter of the emulator. Times are microseconds of the caller's steady clock. Not thread-safe.
class limiter {
public:
  bool enabled = true;
  int global_per_second = 50;
  size_t invalid_max = 10'000;                      ///< 401, 403, 429 in ten minutes; then everything is an HTML 429.
  std::map<std::string, rule, std::less<>> changed; ///< By route: a test's own rules.
  std::map<std::string, rule, std::less<>> shared{  ///< By route: tokens of a resource, shared by all applications.
                                                  {"POST /channels/{channel}/messages", {"channel", 10, 5'000}}};

  decision arrive(const arrival&, int64_t now_us);
  /// Counts the answer towards the invalid requests (401, 403, and 429 that is not shared).
  void answered(int status, scope, int64_t now_us);
  /// Most requests that arrived in any one second so far, refused ones included.
  size_t peak_per_second() const { return peak_; }
  size_t invalid_in_window(int64_t now_us);
  void forget();

private:
  struct bucket {
    int used = 0;
    int64_t closes_us = 0;
  };
  const rule& rule_for(std::string_view route) const;
  decision global(const arrival&, int64_t now_us);
  decision spend(std::map<std::string, bucket>& in, const std::string& key, const rule&, int64_t now_us, scope);
  std::map<std::string, bucket> buckets_;
  std::map<std::string, std::deque<int64_t>> passed_; ///< By caller: passed requests of the last second.
  std::deque<int64_t> arrived_;
  std::deque<int64_t> invalid_;
  size_t peak_ = 0;
  size_t prune_above_ = 20'000;
};

} // namespace arrakis::sandbox::limits
