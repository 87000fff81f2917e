#include "apps/sandbox/limits/limits.hpp"

#include <fmt/format.h>
#include <functional>

namespace arrakis::sandbox::limits {
namespace {
constexpr int64_t second_us = 1'000'000;
constexpr int64_t invalid_window_us = 600 * second_us;
constexpr int64_t ban_ms = 600'000; // Discord bans for about an hour; ten minutes show the same.

void drop_before(std::deque<int64_t>& times, int64_t limit) {
  while (!times.empty() && times.front() <= limit)
    times.pop_front();
}
} // namespace

std::string_view name_of(scope s) {
  switch (s) {
    case scope::none: return "none";
    case scope::user: return "user";
    case scope::global: return "global";
    case scope::shared: return "shared";
    case scope::banned: return "banned";
  }
  return "none";
}

const rule& rule_of(std::string_view route) {
  static const std::map<std::string, rule, std::less<>> rules{
    {"GET /gateway/bot", {"gateway", 2, 5'000}},
    {"POST /guilds/{guild}/roles", {"role create", 250, 172'800'000}},
    {"PATCH /guilds/{guild}/roles", {"role write", 30, 60'000}},
    {"PATCH /guilds/{guild}/roles/{role}", {"role write", 30, 60'000}},
    {"DELETE /guilds/{guild}/roles/{role}", {"role write", 30, 60'000}},
    {"POST /guilds/{guild}/channels", {"channel create", 25, 10'000}},
    {"PATCH /channels/{channel}", {"channel write", 5, 15'000}},
    {"DELETE /channels/{channel}", {"channel delete", 5, 5'000}},
    {"PUT /channels/{channel}/permissions/{overwrite}", {"overwrite write", 10, 15'000}},
    {"DELETE /channels/{channel}/permissions/{overwrite}", {"overwrite write", 10, 15'000}},
    {"PUT /guilds/{guild}/members/{user}/roles/{role}", {"member role", 10, 10'000}},
    {"DELETE /guilds/{guild}/members/{user}/roles/{role}", {"member role", 10, 10'000}},
    {"PATCH /guilds/{guild}/members/{user}", {"member write", 10, 10'000}},
    {"GET /guilds/{guild}/members", {"member list", 10, 10'000}},
    {"GET /guilds/{guild}/audit-logs", {"audit log", 10, 5'000}},
    {"POST /channels/{channel}/messages", {"message create", 5, 5'000}},
    {"POST /webhooks/{webhook}/{token}", {"webhook", 5, 2'000}},
    {"PATCH /webhooks/{webhook}/{token}/messages/{message}", {"webhook", 5, 2'000}},
    {"PUT /applications/{application}/commands", {"command write", 5, 20'000}},
    {"PUT /applications/{application}/guilds/{guild}/commands", {"command write", 5, 20'000}},
    {"POST /interactions/{interaction}/{token}/callback", {"", 0, 0}},
  };
  static const rule usual{"read", 40, 5'000};
  const auto found = rules.find(route);
  return found == rules.end() ? usual : found->second;
}

const rule& limiter::rule_for(std::string_view route) const {
  const auto own = changed.find(route);
  return own == changed.end() ? rule_of(route) : own->second;
}

decision limiter::global(const arrival& a, int64_t now_us) {
  auto& passed = passed_[std::string(a.caller)];
  drop_before(passed, now_us - second_us);
  if (passed.size() >= static_cast<size_t>(global_per_second)) {
    const auto wait_us = passed.front() + second_us - now_us;
    return {.refused = scope::global, .retry_after_ms = std::max<int64_t>(1, (wait_us + 999) / 1000)};
  }
  passed.push_back(now_us);
  return {};
}

decision limiter::spend(std::map<std::string, bucket>& in, const std::string& key, const rule& r, int64_t now_us,
                        scope why) {
  // A soak makes a bucket for every webhook token; those whose window is over are worth nothing.
  if (in.size() > prune_above_) {
    std::erase_if(in, [&](const auto& each) { return now_us >= each.second.closes_us; });
    prune_above_ = std::max<size_t>(20'000, in.size() * 2);
  }
  auto& b = in[key];
  if (b.used == 0 || now_us >= b.closes_us) // the window opens with its first request
    b = {.used = 0, .closes_us = now_us + r.window_ms * 1000};
  const auto reset_ms = (b.closes_us - now_us + 999) / 1000;
  decision d{.limit = r.limit, .remaining = std::max(0, r.limit - b.used - 1), .reset_after_ms = reset_ms};
  if (b.used >= r.limit) {
    d.refused = why;
    d.retry_after_ms = std::max<int64_t>(1, reset_ms);
  } else
    ++b.used;
  return d;
}

decision limiter::arrive(const arrival& a, int64_t now_us) {
  if (!a.global_exempt) {
    drop_before(arrived_, now_us - second_us);
    arrived_.push_back(now_us);
    peak_ = std::max(peak_, arrived_.size());
  }
  if (!enabled)
    return {};
  if (invalid_in_window(now_us) >= invalid_max)
    return {.refused = scope::banned, .retry_after_ms = ban_ms};
  if (!a.global_exempt)
    if (auto d = global(a, now_us); d.refused != scope::none)
      return d;
  if (const auto common = shared.find(a.route); common != shared.end())
    if (auto d = spend(buckets_, fmt::format("shared|{}|{}", a.route, a.major), common->second, now_us, scope::shared);
        d.refused != scope::none)
      return d;
  if (a.sublimited) // discord.js' source: 2 renames of a channel in 10 minutes, not shown in any header
    if (auto d = spend(buckets_, fmt::format("rename|{}|{}", a.caller, a.major), {"rename", 2, 600'000}, now_us,
                       scope::user);
        d.refused != scope::none) {
      d.remaining = 1;
      return d;
    }
  const auto& r = rule_for(a.route);
  if (r.limit == 0)
    return {};
  // Families share tokens; the usual rule counts every route for itself.
  const std::string_view family = r.family == "read" ? a.route : std::string_view(r.family);
  auto d = spend(buckets_, fmt::format("{}|{}|{}", a.caller, family, a.major), r, now_us, scope::user);
  d.bucket = fmt::format("{:016x}{:016x}", std::hash<std::string_view>{}(family),
                         std::hash<std::string>{}(std::string(family) + "b"));
  return d;
}

void limiter::answered(int status, scope s, int64_t now_us) {
  if (status == 401 || status == 403 || (status == 429 && s != scope::shared))
    invalid_.push_back(now_us);
}

size_t limiter::invalid_in_window(int64_t now_us) {
  drop_before(invalid_, now_us - invalid_window_us);
  return invalid_.size();
}

void limiter::forget() {
  buckets_.clear();
  passed_.clear();
  arrived_.clear();
  invalid_.clear();
  peak_ = 0;
}

} // namespace arrakis::sandbox::limits
