#include "adapters/discord/gateway/gateway.hpp"
#include "runtime/net/io.hpp"

#include <map>
#include <mutex>

namespace arrakis::discord::gateway {
using namespace std::chrono_literals;

identify_pacing local_pacing(int max_concurrency) {
  struct slots {
    std::mutex lock;
    std::map<int, time_point> free_at; // By shard % max_concurrency.
  };
  auto shared = std::make_shared<slots>();
  return [shared, key_count = std::max(max_concurrency, 1)](int shard, time_point now, auto granted) {
    milliseconds wait{0};
    {
      std::lock_guard hold{shared->lock};
      auto& free_at = shared->free_at.try_emplace(shard % key_count, now).first->second;
      const auto slot = std::max(free_at, now);
      free_at = slot + 5s;
      wait = std::chrono::ceil<milliseconds>(slot - now);
    }
    granted(wait);
  };
}

identify_pacing within_start_limit(identify_pacing inner, start_limit limit, time_point now) {
  struct left {
    std::mutex lock;
    int count;
    time_point reset_at;
  };
  auto shared = std::make_shared<left>();
  shared->count = limit.remaining;
  shared->reset_at = now + limit.reset_after;
  return [shared, inner = std::move(inner), total = limit.total](int shard, time_point at, auto granted) {
    bool may = false;
    time_point::duration wait{0};
    {
      std::lock_guard hold{shared->lock};
      if (at >= shared->reset_at) {
        shared->count = total;
        shared->reset_at = at + 24h;
      }
      may = shared->count > 0;
      shared->count -= may ? 1 : 0;
      wait = shared->reset_at - at;
    }
    may ? inner(shard, at, std::move(granted))
        : granted(throttle("Discord allows no further identify today", std::chrono::ceil<milliseconds>(wait)));
  };
}

url_source fixed_url(std::string url) {
  return [url = std::move(url)](auto found) { found(url); };
}

connector network(net::io& io, net::tls_client tls) {
  return [&io, tls = std::move(tls)](const std::string& url, net::websocket_events events, auto opened) {
    net::connect_websocket(io, url, {.tls = tls, .unread_bytes_max = unread_bytes_max}, std::move(events),
                           std::move(opened));
  };
}
} // namespace arrakis::discord::gateway
