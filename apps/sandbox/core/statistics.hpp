#pragma once
// Counts of requests and their effects, which tests check.
#include "apps/sandbox/limits/limits.hpp"

namespace arrakis::sandbox {

/// One request and its outcome.
struct seen {
  int64_t number = 0;
  int64_t at_ms = 0;
  std::string method, path, route, application, scope, fault, reason;
  int status = 0;             ///< 0: cut without an answer.
  int64_t retry_after_ms = 0; ///< Of a 429: what it was told to wait.
  bool effect = false;
};

/// Counts of requests since the start or the last forget().
class statistics {
public:
  void add(seen);
  boost::json::object totals() const;
  /// The last requests with a number above `after`, oldest first.
  boost::json::array requests(int64_t after, size_t count) const;
  void forget();

private:
  std::deque<seen> last_; ///< At most `kept`.
  int64_t number_ = 0;
  int64_t invalid_ = 0;
  std::map<std::string, int64_t> refused_;                ///< 429s by scope.
  std::map<std::string, int64_t> effects_;                ///< By route: writes that happened.
  std::map<std::string, std::map<int, int64_t>> answers_; ///< By route and status.
};

} // namespace arrakis::sandbox
