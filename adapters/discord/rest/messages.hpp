#pragma once
// Discord REST v10, under every limit that Discord has: buckets, one budget for the whole cluster, the invalid-request
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

struct call {
  std::string method;
  std::string path;  ///< After /api/v10, e.g. "/guilds/123456789012345678/roles"; "{token}" is the place of `token`.
  secret token;      ///< Of an interaction, percent-encoded.
  std::string route; ///< The bucket's template: "POST /guilds/{guild}/roles".
  std::string major; ///< Guild, channel or webhook id that splits the bucket.
  std::string body;  ///< JSON text or empty.
  std::string
    reason; ///< X-Audit-Log-Reason, at most 512 characters; percent-encoded by us. Required on each write to a guild.
  std::string tenant;       ///< Fairness: slots go round robin over tenants.
  bool interaction = false; ///< Callbacks and webhook edits: exempt from the global budget, no Authorization header.
  deadline until;
  /// Asked on the io path right before the bytes leave (after all waiting); false: nothing is sent, ec::frozen.
  std::function<bool()> may_leave;
};
/// A field that Discord refuses: "parent_id", "CHANNEL_PARENT_MAX_CHANNELS" and Discord's words.
struct field_error {
  std::string path; ///< "permission_overwrites.0.id"
  std::string code;
  std::string message;
};
/// A whole answer of Discord, also 4xx. `code` is Discord's JSON error code (50013, 10062, ...), 0 without one.
struct answer {
  int status = 0;
  std::string body;
  int code = 0;
  std::string message;
  std::vector<field_error> errors{}; ///< Of 50035, in Discord's order; see read_field_errors().
};
/// The leaves of an error's `errors` tree, at most 20, texts cut at 200 bytes.
/// https://discord.com/developers/docs/reference#error-messages
std::vector<field_error> read_field_errors(const boost::json::object& error);
/// For a log: "400 Invalid Form Body (50035); data.content: Must be 2000 or fewer in length."
std::string summary(const answer&);

/// An ec::throttled: how long the call would have had to wait, and whose word that is.
struct throttle_wait {
  std::chrono::milliseconds left{0};
  bool blocked = false; ///< Not a limit of Discord: Cloudflare before it blocks us, or would (the ban guard).
};
caf::error throttled_error(throttle_wait);
/// Of an ec::throttled; empty for any other error.
std::optional<throttle_wait> throttle_wait_of(const caf::error&);
/// How sentences to people name a wait: "less than a minute", "about 10 minutes".
std::string in_minutes(std::chrono::milliseconds);

/// Errors: ec::unavailable (nothing was sent: no Redis, no grant, no connection), ec::unknown (sent, no certain answer:
/// the effect may exist), ec::timeout (deadline while waiting), ec::throttled (a told wait, a block or the ban guard
/// outlasts the deadline: throttle_wait_of(); said at once, also to calls that have not been sent), ec::refused (bad
/// token), ec::frozen, ec::busy. 5xx of idempotent methods are retried with back-off inside the deadline; of POST they
/// are ec::unknown. An answer below 500 that Discord's API did not write (from_api) never reached the API: it is sent
/// again, whatever the method, after a wait that doubles.
using rest = caf::typed_actor<caf::replies_to<call>::with<answer>>;

} // namespace arrakis::discord
