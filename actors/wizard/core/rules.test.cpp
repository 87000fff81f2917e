#include "actors/wizard/core/walk.test.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::wizard::core;

TEST_CASE("wizard: a contract is inspected before it counts, and unknown is not no") {
  walk w;
  w.to(step::asset_config);
  w.submit("asset-address", {{"address", token}, {"min_balance", "2.5"}}, "erc20:berachain");
  REQUIRE(w.last.what == decision::inspect);
  contract_facts silent;
  silent.why = "no endpoint answered";
  w.take(inspected(w.r, silent));
  CHECK(w.r.draft.assets.empty());
  REQUIRE(w.r.draft.typed);
  CHECK(w.r.draft.typed->address == token);
  CHECK(w.click("continue").what == decision::refuse);
  REQUIRE(w.click("check-again").what == decision::inspect);
  w.take(inspected(w.r, good_contract()));
  REQUIRE(w.r.draft.assets.size() == 1);
  CHECK(w.r.draft.assets[0].symbol == "SPICE");
  CHECK(w.r.draft.assets[0].decimals == 6);
  CHECK_FALSE(w.r.draft.typed);
}

TEST_CASE("wizard: what a contract answers decides, with a sentence") {
  auto typed = [](auto change) {
    walk w;
    w.to(step::asset_config);
    w.submit("asset-address", {{"address", token}, {"token_id", "7"}, {"min_balance", "1.1234567"}}, "erc20:berachain");
    auto c = good_contract();
    change(c);
    return inspected(w.r, c);
  };
  CHECK(typed([](auto& c) { c.has_code = false; }).sentence.find("no contract") != std::string::npos);
  CHECK(
    typed([](auto& c) { c.matches_type = false; }).sentence.find("is not an ERC-20 token. Choose the right type above")
    != std::string::npos);
  CHECK(
    typed([](auto& c) {
      c.known = false;
      c.unconnected = true;
    }).sentence
    == "⚠️ This bot has no connection to Berachain. Ask its operator to set `chains.rpc.berachain`. What you typed is "
       "kept.");
  CHECK(typed([](auto& c) {
          c.known = false;
          c.why = "Berachain gave no answer";
        }).sentence.find("could not be checked just now: Berachain gave no answer.")
        != std::string::npos);
  CHECK(typed([](auto&) {}).sentence.find("6 decimals") != std::string::npos);
  CHECK(typed([](auto& c) {
          c.decimals = 7;
          c.symbol = "<@1>`EVIL`";
        })
          .next.draft.assets.at(0)
          .symbol
        == "1EVIL");
  CHECK(typed([](auto& c) { c.decimals = 78; }).sentence.find("0 to 77") != std::string::npos);
  CHECK(typed([](auto& c) { c.decimals = 77; }).next.draft.assets.at(0).decimals == 77);
}

TEST_CASE("wizard: a token that does not say its decimals is asked for them, and is never taken for one with none") {
  for (const int decimals : {0, 7, 18, 77}) {
    walk w;
    w.to(step::asset_config);
    w.submit("asset-address", {{"address", token}, {"min_balance", "1"}}, "erc20:berachain");
    auto c = good_contract();
    c.decimals.reset();
    w.take(inspected(w.r, c));
    CHECK(w.last.sentence.find("does not say how many decimals") != std::string::npos);
    CHECK(w.r.draft.assets.empty());
    const auto text = screen(w.r, w.seen());
    CHECK(text.find("Enter decimals") != std::string::npos);
    CHECK(w.click("check-again").what == decision::inspect); // Still nothing that the contract says.
    w.take(inspected(w.r, c));
    CHECK(w.r.draft.assets.empty());
    for (const auto* bad : {"", "78", "-1", "1.5", "0x1", "+1", "1 8", "99999999999999999999"}) {
      w.submit("asset-decimals", {{"decimals", bad}});
      CHECK_MESSAGE(w.last.sentence.find("from 0 to 77") != std::string::npos, bad);
      CHECK(read_record(to_text(w.r)));
    }
    REQUIRE(w.submit("asset-decimals", {{"decimals", std::to_string(decimals)}}).what == decision::inspect);
    auto again = read_record(to_text(w.r)); // Kept between two clicks.
    REQUIRE(again);
    CHECK(again->draft.typed->decimals == decimals);
    w.take(inspected(w.r, c));
    REQUIRE(w.r.draft.assets.size() == 1);
    CHECK(w.r.draft.assets[0].decimals == decimals);
    CHECK(w.submit("asset-decimals", {{"decimals", "1"}}).what == decision::refuse);
  }
}

TEST_CASE("wizard: what the contract says of its decimals counts, whatever was typed") {
  walk w;
  w.to(step::asset_config);
  w.submit("asset-address", {{"address", token}}, "erc20:berachain");
  auto c = good_contract();
  c.decimals.reset();
  w.take(inspected(w.r, c));
  w.submit("asset-decimals", {{"decimals", "18"}});
  w.take(inspected(w.r, good_contract()));
  REQUIRE(w.r.draft.assets.size() == 1);
  CHECK(w.r.draft.assets[0].decimals == 6);
}

TEST_CASE("wizard: an amount is exact to the last of 77 decimals, and fits into a uint256") {
  const std::string most = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
  const auto smallest = "0." + std::string(76, '0') + "1";
  CHECK(*check_amount(smallest, 77) == smallest);
  CHECK_FALSE(check_amount(smallest, 76));
  CHECK(*check_amount(most.substr(0, 1) + "." + most.substr(1), 77) == most.substr(0, 1) + "." + most.substr(1));
  CHECK_FALSE(check_amount("2", 77)); // 2 * 10^77 is above 2^256.
  CHECK(*check_amount("1", 77) == "1");
  CHECK(*check_amount(most, 0) == most);
  auto above = most;
  above.back() = '6';
  CHECK(text_of(check_amount(above, 0).error()).find("as large") != std::string::npos);
  CHECK(*check_amount("0.0000000000000000001", 19) == "0.0000000000000000001");
  CHECK_FALSE(check_amount("0.0000000000000000001", 18));
}

TEST_CASE("wizard: an address may begin with 0X") {
  walk w;
  w.to(step::asset_config);
  w.submit("asset-address", {{"address", "0X" + std::string{token}.substr(2)}}, "erc20:berachain");
  REQUIRE(w.last.what == decision::inspect);
  w.take(inspected(w.r, good_contract()));
  REQUIRE(w.r.draft.assets.size() == 1);
  CHECK(w.r.draft.assets[0].address == token);
}

TEST_CASE("wizard: fields that break a rule are named, kept and not added") {
  struct bad {
    const char* type;
    std::map<std::string, std::string> fields;
    const char* says;
  };
  const std::vector<bad> table{
    {"erc20:berachain", {{"address", "0x12"}}, "Contract address"},
    {"erc20:berachain", {{"address", std::string(42, 'g')}}, "Contract address"},
    {"erc1155:berachain", {{"address", token}, {"token_id", "-1"}}, "Token ID"},
    {"erc1155:berachain", {{"address", token}, {"token_id", std::string(78, '9')}}, "Token ID"},
    {"erc721:berachain", {{"address", token}, {"min_balance", "1.5"}}, "whole numbers"},
    {"native:berachain", {{"min_balance", "0"}}, "above zero"},
    {"native:berachain", {{"min_balance", "1,000"}}, "no separators"},
    {"native:base", {}, "not among those"},
    {"nonsense:berachain", {}, "Asset type"}};
  for (auto& x : table) {
    walk w;
    w.to(step::asset_config);
    w.submit("asset-address", x.fields, x.type);
    CAPTURE(x.says);
    CHECK(w.last.sentence.find(x.says) != std::string::npos);
    CHECK(w.r.draft.assets.empty());
    CHECK(w.r.draft.typed);
    w.click("discard-asset");
    CHECK_FALSE(w.r.draft.typed);
  }
}

TEST_CASE("wizard: at most five assets, none twice, any removed") {
  walk w;
  w.to(step::asset_config);
  w.native();
  w.native();
  CHECK(w.last.sentence.find("in the list already") != std::string::npos);
  w.click("discard-asset");
  for (int i = 1; i < 5; ++i) {
    auto c = good_contract();
    c.address.back() = static_cast<char>('0' + i);
    auto typed = std::string{token};
    typed.back() = static_cast<char>('0' + i);
    w.submit("asset-address", {{"address", typed}}, "erc721:berachain");
    w.take(inspected(w.r, c));
  }
  CHECK(w.r.draft.assets.size() == 5);
  w.submit("asset-address", {{"address", token}}, "erc20:berachain");
  CHECK(w.last.sentence.find("at most 5") != std::string::npos);
  w.click("discard-asset");
  w.click("remove-asset", {}, "1");
  REQUIRE(w.r.draft.assets.size() == 4);
  CHECK(w.r.draft.assets[1].id == "asset-3");
  w.submit("asset-address", {{"address", token}}, "erc20:berachain");
  w.take(inspected(w.r, good_contract()));
  CHECK(w.r.draft.assets.back().id == "asset-2"); // The free id; those of the others did not move.
}
