#include "apps/sandbox/gateway/payload.hpp"

#include "apps/sandbox/model/form.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <limits>

namespace arrakis::sandbox::gateway {
namespace {
constexpr size_t members_by_query_max = 100; // `limit` with a query

const js::value* given(const js::object& d, std::string_view key) {
  const auto* value = d.if_contains(key);
  return value && !value->is_null() ? value : nullptr;
}

size_t limit_of(const js::object& d, std::string_view query) {
  const auto limit = static_cast<size_t>(std::max<int64_t>(0, json::integer_or(d, "limit")));
  if (query.empty())
    return limit == 0 ? SIZE_MAX : limit;
  return std::min(limit == 0 ? members_by_query_max : limit, members_by_query_max);
}
} // namespace

std::optional<shard_pair> shard_in(const js::object& identify) {
  const auto* value = given(identify, "shard");
  if (!value)
    return shard_pair{};
  const auto* pair = value->if_array();
  if (!pair || pair->size() != 2 || !(*pair)[0].is_int64() || !(*pair)[1].is_int64())
    return std::nullopt;
  const auto shard = (*pair)[0].get_int64();
  const auto shards = (*pair)[1].get_int64();
  if (shard < 0 || shard >= shards || shards > std::numeric_limits<int>::max())
    return std::nullopt;
  return shard_pair{static_cast<int>(shard), static_cast<int>(shards)};
}

std::optional<int64_t> sequence_in(const js::object& resume) {
  const auto* value = given(resume, "seq");
  return value && value->is_int64() ? std::optional(value->get_int64()) : std::nullopt;
}

/// https://discord.com/developers/docs/events/gateway-events#request-guild-members
constexpr size_t users_max = 100;

std::optional<members_request> members_request_in(const js::object& d) {
  const auto* guild = given(d, "guild_id");
  const auto id = guild ? model::id_of(*guild) : std::nullopt;
  const auto* query = given(d, "query");
  const auto* users = given(d, "user_ids");
  if (!id || (query != nullptr) == (users != nullptr) || (query && !query->is_string()))
    return std::nullopt;
  members_request out{.guild = *id};
  if (users) {
    out.users = users->is_array() ? users->get_array() : js::array{*users};
    if (out.users->size() > users_max
        || !std::all_of(out.users->begin(), out.users->end(), [](const js::value& each) { return model::id_of(each); }))
      return std::nullopt;
  } else {
    out.query = json::text_or(d, "query");
    out.limit = limit_of(d, out.query);
  }
  if (const auto* nonce = given(d, "nonce"))
    out.nonce = *nonce;
  return out;
}

} // namespace arrakis::sandbox::gateway
