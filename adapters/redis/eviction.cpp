#include "adapters/redis/eviction.hpp"

#include "runtime/log.hpp"

#include <fmt/format.h>
#include <future>

namespace arrakis::redis {
namespace {
constexpr std::chrono::milliseconds grace{500}; // For the way of an answer from the client's thread.
}

std::string eviction_policy_in(std::string_view info) {
  static constexpr std::string_view name = "maxmemory_policy:";
  const auto at = info.starts_with(name) ? 0 : info.find("\n" + std::string{name});
  if (at == std::string_view::npos)
    return {};
  info.remove_prefix(info.find(':', at) + 1);
  return std::string{info.substr(0, info.find_first_of("\r\n"))};
}

std::string eviction_fault(std::string_view policy) {
  if (policy.empty() || policy == "noeviction")
    return {};
  return fmt::format("maxmemory-policy is {}, so Redis may drop jobs, leases, sessions and marks by itself; set "
                     "maxmemory-policy to noeviction in redis.conf, or at once with CONFIG SET",
                     policy);
}

caf::error check_eviction(const link& of, const std::string& setting, deadline until) {
  using answer = caf::expected<reply>;
  const auto told = std::make_shared<std::promise<answer>>();
  auto coming = told->get_future();
  of.command({{"INFO", "memory"}, {}, {}, until}, [told](answer r) { told->set_value(std::move(r)); });
  // A link answers by the deadline; but its thread may stand still, and a start must not stand still with it.
  const bool came = coming.wait_until(until.at + grace) == std::future_status::ready;
  const auto info = came ? coming.get() : answer{fail(ec::timeout, "nobody answered in time")};
  const auto policy = info ? eviction_policy_in(info->bytes) : std::string{};
  if (const auto fault = eviction_fault(policy); !fault.empty())
    return fail(ec::refused, setting + ": " + fault);
  if (policy.empty())
    log::warn("redis.eviction_unknown",
              {{"setting", setting},
               {"error", info ? "INFO memory does not say its maxmemory-policy" : text_of(info.error())},
               {"do", "make sure that maxmemory-policy is noeviction, and let the user call INFO"}});
  return {};
}
} // namespace arrakis::redis
