// Addresses of servers: what is dialled has a host and a port, no line break, and no password is shown.
#include "adapters/redis/address.hpp"
#include "runtime/net/dial.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace arrakis::fuzz {
namespace {
bool plain(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c <= 32 || c == 127; });
}

void http_address(std::string_view bytes) {
  const auto to = net::parse_url(bytes);
  if (!to)
    return;
  if (!to->unix_path.empty()) {
    ARRAKIS_ASSERT(to->unix_path.starts_with('/') && to->unix_path.size() < 108, "a socket's path fits");
    ARRAKIS_ASSERT(to->unix_path.find('\0') == std::string::npos, "a path is whole for the kernel too");
    return;
  }
  ARRAKIS_ASSERT(!to->host.empty() && to->host.find_first_of("[]/?#@") == std::string::npos, "a host is a host");
  ARRAKIS_ASSERT(plain(to->host) && plain(to->authority) && plain(to->target), "nothing forges a header");
  ARRAKIS_ASSERT(to->target.starts_with('/') && to->target.find('#') == std::string::npos, "a target is a path");
  const auto port = std::stoul(to->port);
  ARRAKIS_ASSERT(port >= 1 && port <= 65535, "a port is a port");
  const auto again = net::parse_url((to->tls ? "https://" : "http://") + to->authority + to->target);
  ARRAKIS_ASSERT(again && again->host == to->host && std::stoul(again->port) == port && again->target == to->target,
                 "what goes into the Host header leads to the same place");
}

void redis_address(std::string_view bytes) {
  const auto to = arrakis::redis::parse_address(bytes);
  if (!to) {
    ARRAKIS_ASSERT(text_of(to.error()).starts_with("Redis URL: "), "a refusal says what it is about");
    return;
  }
  const bool local = to->transport == arrakis::redis::address::unix_socket;
  const auto& place = local ? to->path : to->host;
  ARRAKIS_ASSERT(!place.empty() && place.find('\0') == std::string::npos, "a place is whole for the kernel too");
  ARRAKIS_ASSERT(local ? to->path.starts_with('/') : to->port > 0, "a path or a port");
  ARRAKIS_ASSERT(to->database >= 0 && to->database <= 9999, "a database keeps its bound");
  auto anonymous = *to;
  anonymous.user.clear();
  anonymous.password = {};
  ARRAKIS_ASSERT(anonymous.shown() == to->shown(), "who we are is not shown");
}
} // namespace

void url(std::string_view bytes) {
  http_address(bytes);
  redis_address(bytes);
}
} // namespace arrakis::fuzz
