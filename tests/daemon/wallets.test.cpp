// arrakisctl wallets and the platform's audit trail, on a daemon with embedded servers.
#include "tests/daemon/daemon.hpp"

#include <doctest/doctest.h>
#include <fstream>

using namespace arrakis;
using namespace arrakis::daemon_test;

namespace {
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
} // namespace

TEST_CASE("arrakisctl wallets: a list is imported with its refusals named, shown, unlinked and audited") {
  arrakis_daemon one;
  REQUIRE_MESSAGE(one.ready(), one.log());
  const std::string wallet = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  std::ofstream{one / "wallets.csv"} << "user,address,chain,name\n8," << wallet << ",,ledger\n9," << wallet << "\n";
  auto got = one.ctl({"wallets", "import", one / "wallets.csv", "the", "survey"});
  CHECK(got.first == 1);
  CHECK_MESSAGE(has(got.second, "1 wallets added, 0 there before, 1 refused"), got.second);
  CHECK(has(got.second, "line 3  9  " + wallet + "  The wallet belongs to another person"));
  got = one.ctl({"wallets", "show", "8"});
  CHECK_MESSAGE(got.first == 0, got.second);
  CHECK(has(got.second, wallet));
  CHECK(has(got.second, "ledger"));
  CHECK(has(one.ctl({"wallets", "show", "9"}).second, "This person has no wallet."));
  std::ofstream{one / "broken.csv"} << "9,0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee\n";
  got = one.ctl({"wallets", "import", one / "broken.csv"});
  CHECK(got.first == 1);
  CHECK_MESSAGE(has(got.second, "Nothing was imported. Line 1: its address: "), got.second);
  got = one.ctl({"wallets", "unlink", "8", wallet, "it", "was", "stolen"});
  CHECK_MESSAGE(got.first == 0, got.second);
  CHECK(one.ctl({"wallets", "unlink", "8", wallet}).first == 1);
  got = one.ctl({"audit", "log", "platform"});
  CHECK_MESSAGE(got.first == 0, got.second);
  CHECK(has(got.second, "WALLETS_IMPORTED"));
  CHECK(has(got.second, "the survey"));
  CHECK(has(got.second, "it was stolen"));
  CHECK(!has(got.second, "5aAeb6"));
  got = one.ctl({"audit", "verify"});
  CHECK_MESSAGE(got.first == 0, got.second);
  CHECK(has(got.second, "platform"));
  CHECK(has(one.ctl({"audit", "verify", "platform"}).second, "whole"));
  CHECK(one.stop() == 0);
}
