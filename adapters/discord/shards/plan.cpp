#include "adapters/discord/shards/plan.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <climits>

namespace arrakis::discord::shards {
namespace {
constexpr int64_t shards_max = 16'384; // Bound, because each shard is an actor and the number may be wrong.
}

/// {url, shards, session_start_limit{total, remaining, reset_after, max_concurrency}}:
/// https://discord.com/developers/docs/events/gateway#get-gateway-bot
caf::expected<plan> read_plan(std::string_view body) {
  auto parsed = json::parse(body);
  if (!parsed || !parsed->is_object())
    return fail(ec::corrupt, "GET /gateway/bot: not a JSON object");
  const auto& root = parsed->get_object();
  plan p;
  p.url = json::text_or(root, "url");
  const auto shards = json::integer_or(root, "shards", 1);
  const auto number = [](int64_t given) { return static_cast<int>(std::clamp<int64_t>(given, 0, INT_MAX)); };
  if (const auto* limit = json::object_in(root, "session_start_limit")) {
    p.max_concurrency = std::max(1, number(json::integer_or(*limit, "max_concurrency", 1)));
    p.starts_total = number(json::integer_or(*limit, "total", p.starts_total));
    p.starts_left = number(json::integer_or(*limit, "remaining", p.starts_left));
    p.starts_reset = std::chrono::milliseconds{number(json::integer_or(*limit, "reset_after"))};
  }
  if (p.url.empty())
    return fail(ec::corrupt, "GET /gateway/bot: no url");
  if (shards < 1 || shards > shards_max)
    return fail(ec::corrupt, "GET /gateway/bot: shards: not from 1 to " + std::to_string(shards_max));
  p.shards = static_cast<int>(shards);
  return p;
}
} // namespace arrakis::discord::shards
