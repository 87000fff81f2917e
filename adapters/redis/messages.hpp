#pragma once
// Port to Redis: commands and scripts, pipelined by the implementation. Each call names its keys, so that a cluster
// can be behind it. All keys of one call must be in one slot, chosen by the text between a key's first braces
// (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec, "Hash tags").
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::redis {

/// A reply of Redis, as a tree.
struct reply {
  /// Kinds of reply.
  enum kind { nil, integer, text, error, array, push };
  kind type = nil;
  int64_t number = 0;
  std::string bytes;        ///< Content of text and error.
  std::vector<reply> items; ///< Items of array and push. A map is an array of alternating keys and values.
  reply() = default;        // Not an aggregate, so that CAF does not treat it as a vector of itself.
};
} // namespace arrakis::redis
template <>
struct arrakis::is_payload<arrakis::redis::reply> : std::true_type {};

namespace arrakis::redis {
/// A Lua script; loaded once per server, and again after a restart or SCRIPT FLUSH.
struct script {
  std::string_view name;
  std::string_view sha1; ///< Lower-case hex; empty: computed at first use.
  std::string_view text;
};
/// A command, sent as verb, keys, args. Without keys any server of a cluster may execute it. -> reply
struct command {
  std::vector<std::string> verb; ///< Words before the keys: {"GET"}; {"XREAD", "BLOCK", "5000", "STREAMS"}.
  std::vector<std::string> keys;
  std::vector<std::string> args; ///< Words after the keys.
  deadline until;
};
/// All words in the order of the wire.
inline std::vector<std::string> words_of(const command& what) {
  auto all = what.verb;
  all.insert(all.end(), what.keys.begin(), what.keys.end());
  all.insert(all.end(), what.args.begin(), what.args.end());
  return all;
}
/// A script call. -> reply
struct eval {
  const script* code = nullptr;
  std::vector<std::string> keys;
  std::vector<std::string> args;
  deadline until;
};

/// Handle of the port. An error reply of the server is ec::internal with its text; errors of a temporary state
/// (is_passing in wire.hpp: out of memory, a replica, cannot save, ...) are ec::unavailable.
/// ec::unavailable: nothing was sent, or the server did nothing. ec::unknown: sent, and the connection or the deadline
/// ended before the reply.
using handle = caf::typed_actor<caf::replies_to<command>::with<reply>, caf::replies_to<eval>::with<reply>>;
} // namespace arrakis::redis
