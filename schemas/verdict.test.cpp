#include "schemas/verdict.hpp"

#include "runtime/json.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>

using namespace arrakis;

namespace {
member_verdict example() {
  verdict_node leaf{.answer = truth::no,
                    .leaf_kind = "erc20",
                    .chains = {"base"},
                    .required = "at least 100 SPICE on Base",
                    .near_tip = {truth::no,
                                 "you hold 12.5 SPICE on Base",
                                 {{{"balanceOf(0x01) of 0x02", "12500000000000000000", "", {"a.example"}, 1'000}}, 3}}};
  auto other = leaf;
  other.excludes = true;
  other.near_tip = {truth::unknown, "", {{{"balance of 0x01", "", "no endpoint of Base answered", {}, 0}}, 0}};
  leaf.deep = verdict_finding{truth::yes, "you hold 100 SPICE on Base", {}};
  verdict_node tree{rule_node::at_least, truth::unknown, 1, {leaf, {rule_node::none, truth::unknown, 0, {other}}}};
  member_verdict out;
  out.manifest_version = 3;
  out.trigger = "check";
  out.judged_at_s = 1'700'000'000;
  out.next_check_s = 1'700'021'600;
  out.wallets = 2;
  out.wallets_aside = 1;
  out.blocks = {{"base", false, 1200, "0xb10c"}, {"base", true, 1136, "0xdeeb"}};
  out.rules = {{"holders", "Holders", truth::unknown, truth::no, tree}};
  out.ranking = {"asset-1", "base", "SPICE", "native_members", truth::yes};
  out.ranking.near_tip = {"12.5", 4, 17, {}};
  out.ranking.deep = verdict_amount{"", std::nullopt, std::nullopt, {}};
  out.ranking.tiers = {{"gold", "Gold", "100", 1, std::nullopt, truth::no, truth::unknown},
                       {"silver", "Silver", "", 1, 10, truth::yes, std::nullopt}};
  out.ranking.tier = "silver";
  out.ranking.former = "gold";
  out.roles = {{{400000000000000001}, "Gold", role_decision::kept, role_reason::unknown_deep, {"gold"}},
               {{400000000000000002}, "", role_decision::given, role_reason::earned, {"silver", "holders"}}};
  return out;
}
std::string refusal(boost::json::object document) {
  const auto got = read_verdict(json::print(document));
  REQUIRE_FALSE(got);
  return text_of(got.error());
}
} // namespace

TEST_CASE("verdict: the JSON form keeps every field") {
  const auto got = read_verdict(json::print(to_json(example())));
  REQUIRE_MESSAGE(got, text_of(got.error()));
  CHECK(*got == example());
  const auto empty = read_verdict(json::print(to_json([] {
    member_verdict none;
    none.trigger = "check";
    none.ranking.source = "native_members";
    return none;
  }())));
  CHECK_MESSAGE(empty, text_of(empty.error()));
}

TEST_CASE("verdict: a value is known or unknown in the JSON, and an unknown one is no zero") {
  const auto text = json::print(to_json(example()));
  CHECK(text.find(R"({"question":"balance of 0x01","unknown":"no endpoint of Base answered"})") != std::string::npos);
}

TEST_CASE("verdict: another version and a wrong field are refused by name") {
  auto document = to_json(example()).as_object();
  document["schemaVersion"] = "2";
  CHECK(refusal(document) == "the verdict is of another version of this program");
  document = to_json(example()).as_object();
  document["ranking"].as_object()["admitted"] = "perhaps";
  CHECK(refusal(document).starts_with("verdict /ranking/admitted: "));
  document = to_json(example()).as_object();
  document["rules"].as_array()[0].as_object()["when"].as_object()["answer"] = false;
  CHECK(refusal(document).starts_with("verdict /rules/0/when"));
  CHECK_FALSE(read_verdict("[]"));
  CHECK_FALSE(read_verdict("{"));
}
