#include "apps/wiring/start_check.hpp"

#include "apps/wiring/implementations.hpp"
#include "tests/support/scratch.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

using namespace arrakis;

namespace {
using strings = std::vector<std::string>;

/// A folder of which the start would make `state`.
struct place {
  test::scratch tmp{"chk"};
  place() { ::chmod(tmp.path().c_str(), 0755); }
  config settings(config::environment set) const {
    set.emplace("ARRAKIS_NODE_STATE_FOLDER", tmp / "state");
    auto made = config::load("", set);
    REQUIRE(made);
    return *made;
  }
  std::string rejected(config::environment set = {}) const {
    return fmt::format("{}", fmt::join(wiring::rejections(settings(std::move(set))), "\n"));
  }
  strings missing(config::environment set = {}) const {
    strings keys;
    for (const auto& each : wiring::missing_settings(settings(std::move(set)))) {
      CHECK(!each.text.empty());
      keys.push_back(each.key);
    }
    return keys;
  }
};
constexpr auto public_key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
} // namespace

TEST_CASE("start check: good settings are not rejected, and a fault names its key") {
  const place here;
  CHECK(here.rejected() == "");
  const auto names = [&](const char* key, config::environment set) {
    const auto said = here.rejected(std::move(set));
    INFO(said);
    CHECK(said.find(key) != std::string::npos);
  };
  names("http.trusted_proxies", {{"ARRAKIS_HTTP_TRUSTED_PROXIES", "localhost"}});
  names("redis.url", {{"ARRAKIS_REDIS_MODE", "external"}, {"ARRAKIS_REDIS_URL", "http://here"}});
  names("redis.queue_url", {{"ARRAKIS_REDIS_MODE", "external"},
                            {"ARRAKIS_REDIS_URL", "redis://here"},
                            {"ARRAKIS_REDIS_QUEUE_URL", "nowhere at all"}});
  names("member_roles.protected_members: 'chani' is no snowflake",
        {{"ARRAKIS_MEMBER_ROLES_PROTECTED_MEMBERS", "1400000000000000001,chani"}});
  names("member_roles.protected_roles", {{"ARRAKIS_MEMBER_ROLES_PROTECTED_ROLES", "0"}});
  names("queue.", {{"ARRAKIS_QUEUE_NAME", "with:colon"}});
  names("password",
        {{"ARRAKIS_REDIS_MODE", "external"}, {"ARRAKIS_REDIS_URL", "redis://here"}, {"ARRAKIS_REDIS_USER", "app"}});
  names("CA certificates", {{"ARRAKIS_REDIS_MODE", "external"},
                            {"ARRAKIS_REDIS_URL", "rediss://here"},
                            {"ARRAKIS_REDIS_CA", "no certificate"}});
}

TEST_CASE("start check: all faults are told at once") {
  const place here;
  const auto said = here.rejected(
    {{"ARRAKIS_HTTP_TRUSTED_PROXIES", "localhost"}, {"ARRAKIS_QUEUE_NAME", "with:colon"}});
  CHECK(std::ranges::count(said, '\n') == 1);
}

TEST_CASE("start check: a token, a chain and the public key are named where they are missing, and only there") {
  const place here;
  CHECK(here.missing() == strings{"discord.token_file", "chains.rpc", "discord.public_key"});
  CHECK(here.missing({{"ARRAKIS_DISCORD_TOKEN", "t"}}) == strings{"chains.rpc", "discord.public_key"});
  CHECK(here.missing({{"ARRAKIS_DISCORD_TOKEN", "t"},
                      {"ARRAKIS_DISCORD_PUBLIC_KEY", public_key},
                      {"ARRAKIS_CHAINS_RPC_BASE", "https://rpc.example.org"}})
        == strings{});
}

TEST_CASE("start check: public endpoints serve the chains that have no other, once the operator asks for them") {
  const place here;
  const auto own = here.settings({{"ARRAKIS_CHAINS_RPC_BASE", "https://rpc.example.org"}});
  CHECK(wiring::offered_chains(own) == strings{"base"}); // Negative control: nobody asked.
  const config::environment asked{{"ARRAKIS_CHAINS_PUBLIC_ENDPOINTS", "true"},
                                  {"ARRAKIS_CHAINS_RPC_BASE", "https://rpc.example.org"}};
  const auto borrowed = here.settings(asked);
  CHECK(wiring::offered_chains(borrowed)
        == strings{"arbitrum", "avalanche", "base", "berachain", "ethereum", "optimism", "polygon"});
  const auto endpoints = wiring::chain_endpoints(borrowed);
  CHECK(endpoints.at("base").size() == 1); // The operator's own stays alone.
  CHECK(endpoints.at("base")[0].origin() == "https://rpc.example.org");
  CHECK(endpoints.at("polygon")[0].encrypted());
  CHECK(here.missing(asked) == strings{"discord.token_file", "chains.public_endpoints", "discord.public_key"});
  for (const auto& each : wiring::missing_settings(borrowed))
    if (each.key == "chains.public_endpoints")
      CHECK(each.text.find(": arbitrum, avalanche, berachain, ") != std::string::npos);
}
