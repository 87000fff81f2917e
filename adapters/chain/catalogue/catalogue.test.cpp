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
  }
  for (auto id : {"berachain", "ethereum", "arbitrum", "base", "polygon", "optimism", "avalanche", "sandbox"})
    CHECK(chain::find(id));
}

TEST_CASE("chain catalogue: an unknown chain is not found, and its id stands for its name") {
  CHECK_FALSE(chain::find("no-such-chain"));
  CHECK(chain::display_name("no-such-chain") == "no-such-chain");
  CHECK(chain::display_name("base") == "Base");
}
