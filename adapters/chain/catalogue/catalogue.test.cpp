#include "adapters/chain/catalogue/catalogue.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace arrakis;

TEST_CASE("chain catalogue: every chain has a name, an id and a native coin; ids are unique") {
  std::set<int64_t> ids;
  for (const auto& c : chain::catalogue()) {
    CAPTURE(c.id);
    CHECK(!c.name.empty());
    CHECK(!c.symbol.empty());
    CHECK(c.chain_id > 0);
    CHECK(c.decimals == 18);
    CHECK(ids.insert(c.chain_id).second);
    CHECK(c.block_time.count() > 0);
    CHECK(c.revoke.is != block_policy::safe);
    CHECK((c.tip_age_max.count() == 0) == (c.id == "sandbox")); // The sandbox chain makes blocks only when asked.
    CHECK(c.multicall == "0xcA11bde05977b3631167028862bE2a173976CA11");
    CHECK(c.multicall_code_hash.size() == 66);
    CHECK(c.public_endpoints.empty() == (c.id == "sandbox")); // The sandbox chain is local.
  }
  for (auto id : {"berachain", "ethereum", "arbitrum", "base", "polygon", "optimism", "avalanche", "sandbox"})
    CHECK(chain::find(id));
}

TEST_CASE("chain catalogue: a public endpoint is an address of https with its path, and holds no key") {
  const auto* avalanche = chain::find("avalanche");
  REQUIRE(avalanche);
  REQUIRE(avalanche->public_endpoints.size() == 1);
  CHECK(avalanche->public_endpoints[0].origin() == "https://api.avax.network");
  CHECK(avalanche->public_endpoints[0].target() == "/ext/bc/C/rpc");
  for (const auto& c : chain::catalogue())
    for (const auto& each : c.public_endpoints)
      CHECK(each.authorization().empty());
}

TEST_CASE("chain catalogue: an unknown chain is not found, and its id stands for its name") {
  CHECK_FALSE(chain::find("no-such-chain"));
  CHECK(chain::display_name("no-such-chain") == "no-such-chain");
  CHECK(chain::display_name("base") == "Base");
}
