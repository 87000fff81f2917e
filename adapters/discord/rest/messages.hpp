#pragma once
// Discord REST v10, under every limit that Discord has: buckets, one budget for the whole cluster, the invalid-request
// guard.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"
#include "runtime/secret.hpp"
#include "schemas/ids.hpp"

#include <caf/typed_actor.hpp>
#include <functional>
#include <string>

namespace arrakis::discord {

struct call {
  std::string method;
  std::string path;  ///< After /api/v10, e.g. "/guilds/123456789012345678/roles".
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
/// A whole answer of Discord, also 4xx. `code` is Discord's JSON error code (50013, 10062, ...), 0 without one.
struct answer {
  int status = 0;
  std::string body;
  int code = 0;
  std::string message;
};

/// Errors: ec::unavailable (nothing was sent: no Redis, no grant, no connection), ec::unknown (sent, no answer: the
/// effect may exist), ec::timeout (deadline while waiting), ec::throttled (429 that outlasts the deadline), ec::refused
/// (invalid-request guard or bad token), ec::frozen, ec::busy. 5xx of idempotent methods are retried with back-off
/// inside the deadline; of POST they are ec::unknown.
using rest = caf::typed_actor<caf::replies_to<call>::with<answer>>;

} // namespace arrakis::discord
