#pragma once
// The port to Redis: commands and scripts, pipelined by the implementation. Each call names its keys, so that a cluster
// can stand behind it. All keys of one call lie in one slot: what stands between the first braces of a key decides
// (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec, "Hash tags").
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::redis {

struct reply {
  enum kind { nil, integer, text, error, array, push };
  kind type = nil;
  int64_t number = 0;
  std::string bytes; ///< Of text and error.
  std::vector<reply> items; ///< Of array and push. A map is an array of its keys and values in turn.
  reply() = default; // Not an aggregate: messages are copied, and CAF must not take a vector of itself for one.
};
} // namespace arrakis::redis
template <>
struct arrakis::is_payload<arrakis::redis::reply> : std::true_type {};

namespace arrakis::redis {
/// A Lua script; loaded once per server and again after a restart or SCRIPT FLUSH.
struct script {
  std::string_view name;
  std::string_view sha1; ///< Lower-case hex; empty: computed at first use.
  std::string_view text;
};
/// It is sent as verb, keys, args. Without a key any server may do it.
struct command {
  std::vector<std::string> verb; ///< All before the keys: {"GET"}; {"XREAD", "BLOCK", "5000", "STREAMS"}.
  std::vector<std::string> keys;
  std::vector<std::string> args; ///< All after the keys.
  deadline until;
};
/// The words as they are sent.
inline std::vector<std::string> words_of(const command& what) {
  auto all = what.verb;
  all.insert(all.end(), what.keys.begin(), what.keys.end());
  all.insert(all.end(), what.args.begin(), what.args.end());
  return all;
}
struct eval {
  const script* code = nullptr;
  std::vector<std::string> keys;
  std::vector<std::string> args;
  deadline until;
};

/// An error reply of the server is ec::internal with its text, except those of a state that passes (is_passing in
/// wire.hpp: out of memory, a replica, cannot save, ...), which are ec::unavailable.
/// ec::unavailable: nothing was sent, or the server did nothing. ec::unknown: sent, and the connection or the deadline
/// ended before the reply.
using handle = caf::typed_actor<caf::replies_to<command>::with<reply>, caf::replies_to<eval>::with<reply>>;
} // namespace arrakis::redis
