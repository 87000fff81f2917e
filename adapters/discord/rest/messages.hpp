#pragma once
// Port of Discord's REST API v10 under all rate limits: buckets, one budget for the whole cluster, the invalid-request
// guard.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"

#include <boost/json/fwd.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::discord {

/// A REST call. -> answer
struct call {
  std::string method;
  std::string path;  ///< After /api/v10, e.g. "/guilds/123456789012345678/roles"; "{token}" is the place of `token`.
  secret token;      ///< Token of an interaction, percent-encoded.
  std::string route; ///< The bucket's template: "POST /guilds/{guild}/roles".
  std::string major; ///< Guild, channel or webhook id that splits the bucket.
  std::string body;  ///< JSON text or empty.
  std::string
    reason; ///< X-Audit-Log-Reason, at most 512 characters; percent-encoded by us. Required on each write to a guild.
  std::string tenant;       ///< Tenants take turns, round robin.
  bool interaction = false; ///< Callbacks and webhook edits: exempt from the global budget, no Authorization header.
  deadline until;
  /// Called right before the bytes are sent, after all waiting; false: nothing is sent, ec::frozen.
  std::function<bool()> may_leave;
};
/// A field that Discord refuses: its path, code ("CHANNEL_PARENT_MAX_CHANNELS") and message.
struct field_error {
  std::string path; ///< "permission_overwrites.0.id"
  std::string code;
  std::string message;
};
/// A complete answer of Discord, also 4xx. `code` is Discord's JSON error code (50013, 10062, ...), 0 without one.
struct answer {
  int status = 0;
  std::string body;
  int code = 0;
  std::string message;
  std::vector<field_error> errors{}; ///< Field errors of code 50035, in Discord's order; see read_field_errors().
};
/// Reads the leaves of an error's `errors` tree, at most 20, texts cut at 200 bytes.
/// https://discord.com/developers/docs/reference#error-messages
std::vector<field_error> read_field_errors(const boost::json::object& error);
/// Text of an answer for a log: "400 Invalid Form Body (50035); data.content: Must be 2000 or fewer in length."
std::string summary(const answer&);

/// Detail of an ec::throttled: the required wait, and who demands it.
struct throttle_wait {
  std::chrono::milliseconds left{0};
  bool blocked = false; ///< Cloudflare blocks this address, or would (the ban guard); not a limit of Discord.
};
/// Makes an ec::throttled.
caf::error throttled_error(throttle_wait);
/// Detail of an ec::throttled; empty for any other error.
std::optional<throttle_wait> throttle_wait_of(const caf::error&);
/// Text of a wait for users: "less than a minute", "about 10 minutes".
std::string in_minutes(std::chrono::milliseconds);

/// Handle of the port. Errors: ec::unavailable (nothing was sent: no Redis, no grant, no connection), ec::unknown
/// (sent, no complete answer: the effect may exist), ec::timeout (deadline while waiting), ec::throttled (a wait, a
/// block or the ban guard lasts beyond the deadline, see throttle_wait_of(); returned at once, also for waiting calls),
/// ec::refused (bad token), ec::frozen, ec::busy. 5xx of idempotent methods are retried with back-off inside the
/// deadline; of POST they are ec::unknown. An answer below 500 from a proxy (see from_api) never reached the API: the
/// call is sent again, whatever the method, after a wait that doubles.
using rest = caf::typed_actor<caf::replies_to<call>::with<answer>>;

} // namespace arrakis::discord
