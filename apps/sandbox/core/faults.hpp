#pragma once
// Faults of the REST side on demand: which request, how often, and what happens to it.
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::sandbox {

/// A fault that a test orders for matching requests.
struct fault {
  /// Kinds of faults.
  enum kind_of {
    status,       ///< Answers `code`; the request has no effect.
    after_effect, ///< The request takes effect; the answer is `code`.
    lose_answer,  ///< The request takes effect; the connection is cut instead of an answer.
    cut,          ///< The connection is cut; the request has no effect.
    delay,        ///< The request takes effect `delay_ms` plus up to `jitter_ms` later.
    rate_limit,   ///< 429 with `scope` and `retry_after_ms`.
    late          ///< The connection is cut, and it happens right before the next POST whose path is like `until`.
  };
  int64_t id = 0;
  kind_of kind = status;
  std::string method; ///< Empty: any.
  std::string path;   ///< After /api/v10, `*` for any run of characters; empty: any.
  int64_t skip = 0;   ///< So many matching requests pass first.
  int64_t times = 1;  ///< How often it strikes; below 0: always.
  int code = 503;
  int64_t json_code = 0;      ///< status: Discord's code in the body (40333, 10009, 50035, ...).
  std::string message;        ///< status: Discord's sentence; empty: "403: Fault".
  boost::json::object errors; ///< status: of 50035, {"parent_id": {"_errors": [{"code": …, "message": …}]}}.
  std::string until;          ///< late: as `path`.
  int64_t delay_ms = 0;
  int64_t jitter_ms = 0;
  std::string scope = "user"; ///< rate_limit: user, global, shared
  int64_t retry_after_ms = 500;
  bool html = false; ///< An HTML body, as from the proxy before Discord.
  bool retry_after_header = true;
  int64_t struck = 0;
};

/// The ordered faults.
class faults {
public:
  /// Reads a fault from JSON; returns the error text, empty: valid.
  static std::string read(const boost::json::object&, fault& into);
  int64_t add(fault);
  /// Returns the body of a `status` fault, in Discord's error format.
  static boost::json::object body_of(const fault&);
  void clear() { list_.clear(); }
  /// The first fault that matches this request; the match is counted.
  std::optional<fault> strike(std::string_view method, std::string_view path);
  boost::json::array list() const;

private:
  std::vector<fault> list_;
  int64_t last_ = 0;
};
/// True if `text` matches `pattern`, in which `*` matches any run of characters.
bool like(std::string_view pattern, std::string_view text);

} // namespace arrakis::sandbox
