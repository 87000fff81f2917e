#pragma once
// Reads the `d` of the client's opcodes as Discord's documents describe them. Pure.
// https://discord.com/developers/docs/events/gateway-events#send-events
#include "schemas/ids.hpp"

#include <boost/json.hpp>
#include <optional>
#include <string>

namespace arrakis::sandbox::gateway {
namespace js = boost::json;

/// The field `shard` of an identify: [shard, shards].
struct shard_pair {
  int shard = 0;
  int shards = 1;
};
/// Field `shard` of op 2, Identify; [0, 1] without one; nothing unless whole numbers with 0 <= shard < shards.
std::optional<shard_pair> shard_in(const js::object& identify);

/// Field `seq` of op 6, Resume; nothing if it is not a whole number.
std::optional<int64_t> sequence_in(const js::object& resume);

/// Fields of op 8, Request Guild Members.
struct members_request {
  snowflake guild;
  std::optional<js::array> users; ///< Those alone; nothing: the query decides.
  std::string query;              ///< How a name begins; empty: every member.
  size_t limit = SIZE_MAX;        ///< At most so many; 100 at most for a query that is not empty.
  js::value nonce;                ///< Null: none.
};
/// Reads op 8. Nothing unless `guild_id` and exactly one of `query` (text) and `user_ids` (an id, or a list of up to
/// 100) are there.
std::optional<members_request> members_request_in(const js::object& d);

} // namespace arrakis::sandbox::gateway
