#include "adapters/redis/address.hpp"

#include "runtime/net/http.hpp"
#include "runtime/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::redis {
namespace {
// Redis is built with 16 databases; more only when its configuration says so.
constexpr int database_max = 9999;

caf::expected<int> database_of(std::string_view digits) {
  int number = 0;
  auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (bad != std::errc{} || end != digits.data() + digits.size() || number < 0 || number > database_max)
    return failed<int>(ec::invalid, fmt::format("Redis URL: the database is no number from 0 to {}", database_max));
  return number;
}
} // namespace

std::string address::shown() const {
  switch (transport) {
    case unix_socket: return fmt::format("unix://{}", path);
    case tcp: return fmt::format("redis://{}:{}/{}", bracketed(host), port, database);
    case tls: return fmt::format("rediss://{}:{}/{}", bracketed(host), port, database);
  }
  return {};
}

caf::expected<address> parse_address(std::string_view text) {
  auto parsed = boost::urls::parse_uri(boost::urls::string_view{text.data(), text.size()});
  if (!parsed)
    return failed<address>(ec::invalid,
                           "Redis URL: expected unix:///path, redis://host:port/db or rediss://host:port/db");
  const boost::urls::url_view url = *parsed;
  address found;
  found.user = url.user();
  found.password = secret{url.password()};
  std::string database;
  const auto scheme = std::string_view{url.scheme().data(), url.scheme().size()};
  if (scheme == "unix") {
    found.transport = address::unix_socket;
    found.path = url.path();
    if (!url.host().empty() || found.path.size() < 2 || !found.path.starts_with('/'))
      return failed<address>(ec::invalid, "Redis URL: a Unix socket is written unix:///absolute/path");
    // Boost 1.81's params() reads a place that is not when there is nothing between '?' and '#'.
    const auto query = url.encoded_query();
    const auto parameters = "?" + std::string{query.data(), query.size()};
    database = net::query_value(parameters, "db");
    if (const auto owner = net::query_value(parameters, "owner"); !owner.empty()) {
      auto [end, bad] = std::from_chars(owner.data(), owner.data() + owner.size(), found.owner.emplace());
      if (bad != std::errc{} || end != owner.data() + owner.size())
        return failed<address>(ec::invalid, "Redis URL: the owner is no user id");
    }
  } else if (scheme == "redis" || scheme == "rediss") {
    found.transport = scheme == "redis" ? address::tcp : address::tls;
    found.host = url.host_address(); // An IPv6 address without its brackets.
    if (found.host.empty())
      return failed<address>(ec::invalid, "Redis URL: the host is missing");
    const auto port = url.port(); // Boost 1.81's port_number() does not see an overflow.
    if (!port.empty()) {
      auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), found.port);
      if (bad != std::errc{} || found.port == 0)
        return failed<address>(ec::invalid, "Redis URL: the port is no number from 1 to 65535");
    }
    database = url.path();
    if (database.starts_with('/'))
      database.erase(0, 1);
  } else {
    // The text does not repeat the input, which may hold a password.
    return failed<address>(ec::invalid, "Redis URL: the scheme is none of unix, redis, rediss");
  }
  if ((found.path + found.host).find('\0') != std::string::npos) // The kernel would read it to there only.
    return failed<address>(ec::invalid, "Redis URL: a host or path has no byte 0");
  if (!database.empty()) {
    auto number = database_of(database);
    if (!number)
      return number.error();
    found.database = *number;
  }
  return found;
}
} // namespace arrakis::redis
