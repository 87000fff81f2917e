#include "apps/wiring/start_check.hpp"

#include "apps/wiring/addresses.hpp"
#include "apps/wiring/http.hpp"
#include "apps/wiring/implementations.hpp"
#include "apps/wiring/privileges.hpp"
#include "apps/wiring/role_changes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace arrakis::wiring {
namespace {
using sentences = std::vector<std::string>;

/// The keys of `all` that `some` lacks.
template <class Map>
sentences missing_keys(const Map& all, const Map& some) {
  sentences list;
  for (const auto& [key, value] : all)
    if (!some.contains(key))
      list.push_back(key);
  return list;
}

void add(sentences& list, const caf::error& bad) {
  if (bad)
    list.push_back(text_of(bad));
}

void check_addresses(sentences& list, const config& settings) {
  const auto where = find_addresses(settings);
  if (!where)
    return add(list, where.error());
  for (const auto& [key, url] : {std::pair{"redis.url", &where->redis_url}, {"redis.queue_url", &where->queue_url}})
    if (const auto bad = redis_rejection(settings, *url))
      list.push_back(fmt::format("{}: {}", key, text_of(bad)));
}
} // namespace

std::vector<std::string> rejections(const config& settings) {
  sentences list;
  check_addresses(list, settings);
  if (const auto http = http_options(settings, descriptors_max(), find_memory_limit()); !http)
    add(list, http.error());
  else if (http->tls && ::geteuid() != 0) // Root is not the user who will read the files.
    add(list, net::check(*http->tls));
  if (auto bad = queue_rejection(settings); !bad.empty())
    list.push_back(std::move(bad));
  if (const auto roles = role_change_options(settings); !roles)
    add(list, roles.error());
  if (::geteuid() != 0)
    add(list, check_signer(settings));
  return list;
}

std::vector<advice> missing_settings(const config& settings) {
  std::vector<advice> list;
  if (settings.secret("discord.token").empty())
    list.push_back({"discord.token_file",
                    "no bot token is set, so Arrakis does not connect to Discord; put the token into "
                    "a file and name it here, or set ARRAKIS_DISCORD_TOKEN"});
  const auto own = settings.addresses("chains.rpc"); // An id that is none is refused by the configuration.
  const auto endpoints = chain_endpoints(settings);
  if (endpoints.empty())
    list.push_back({"chains.rpc",
                    "no chain has an endpoint, so the wizard offers none and /onboard cannot be finished; "
                    "set the JSON-RPC address of each chain that you want, for example chains.rpc.base, or for a "
                    "first try chains.public_endpoints = true"});
  if (const auto borrowed = missing_keys(endpoints, own); !borrowed.empty())
    list.push_back({"chains.public_endpoints",
                    fmt::format("these chains are read at public endpoints, which others run, limit and may take "
                                "away: {}; set chains.rpc with an address of your own for each that communities use",
                                fmt::join(borrowed, ", "))});
  if (settings.text("discord.public_key").empty())
    list.push_back({"discord.public_key",
                    "no public key is set, so signed HTTP interactions are refused (404); commands "
                    "and clicks arrive over the gateway all the same. To take them over HTTP, copy "
                    "the key from the developer portal (General Information)"});
  return list;
}
} // namespace arrakis::wiring
