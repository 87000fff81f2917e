#include "actors/rules/form.hpp"

#include "actors/rules/leaf_fixture.test.hpp"
#include "runtime/unicode.hpp"

using namespace arrakis;
using namespace arrakis::rules;
using namespace arrakis::rules::test;

namespace {
std::string json_of(const rule_node& leaf) { return json::print(boost::json::value(leaf.parameters)); }
rule_node node_of(std::string_view when) { return rule_of(when).source.when; }
} // namespace

TEST_CASE("rule forms: each kind has one that Discord can show, or is written as JSON") {
  for (const auto* kind : all()) {
    INFO(kind->name);
    CHECK(kind->form.empty() == (kind->name == "contract_call"));
    CHECK(kind->form.size() <= 4);
    for (const auto& input : kind->form) {
      CHECK(unicode::length(input.label) <= 45);
      const bool is_own = kind->parameters.find(fmt::format("\"{}\"", input.member)) != std::string_view::npos;
      const bool is_amount = kind->compares_amount && (input.member == "min" || input.member == "max");
      CHECK((is_own || is_amount));
    }
  }
  CHECK(find_kind("erc20")->name == "erc20");
  CHECK(find_kind("erc404") == nullptr);
}

TEST_CASE("rule forms: what is typed becomes the leaf, and the leaf fills the form again") {
  const auto& items = *find_kind("erc1155");
  const form_texts typed{{"contract", contract}, {"symbol", "ITEM"}, {"ids", "7, 8 9,"}, {"min", "2"}};
  const auto leaf = leaf_of(items, "base", typed);
  CHECK(json_of(leaf)
        == R"({"chain":"base","contract":"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed","symbol":"ITEM",)"
           R"("ids":["7","8","9"],"min":"2"})");
  CHECK(texts_of(items, leaf)
        == form_texts{{"contract", contract}, {"symbol", "ITEM"}, {"ids", "7, 8, 9"}, {"min", "2"}});
  for (const auto* kind : all()) {
    form_texts examples;
    for (const auto& input : kind->form)
      examples.emplace(input.member, input.member == "contract" ? contract : std::string{input.example});
    if (kind->form.empty())
      continue;
    const auto made = leaf_of(*kind, "base", examples);
    CHECK(texts_of(*kind, made) == examples);
    const auto compiled = compile({{"r", "R", admitted_to_tiers{}, made}}); // The examples are right.
    CHECK_MESSAGE(compiled, text_of(compiled.error()));
  }
}

TEST_CASE("rule forms: a text that is no value of its member is refused by the schema of the kind") {
  const auto error_of = [](const char* member, const char* text) {
    form_texts typed{{"contract", contract}, {"symbol", "SPICE"}, {"decimals", "6"}, {"min", "2"}};
    typed[member] = text;
    const auto compiled = compile({{"r", "R", admitted_to_tiers{}, leaf_of(*find_kind("erc20"), "base", typed)}});
    return compiled ? std::string{"accepted"} : text_of(compiled.error());
  };
  CHECK(error_of("decimals", "6") == "accepted");
  CHECK(error_of("decimals", "six").starts_with("rules /rules/0/when/decimals: "));
  CHECK(error_of("decimals", "").find("decimals") != std::string::npos);
  CHECK(error_of("min", "1,000").starts_with("rules /rules/0/when/min: "));
  CHECK(error_of("contract", "0x12").starts_with("rules /rules/0/when/contract: "));
}

TEST_CASE("rule forms: a leaf that says more than its form is written as JSON") {
  const auto native = [](std::string_view more) {
    return texts_of(*find_kind("native"),
                    node_of(fmt::format(R"({{"leaf":"native","chain":"base","min":"1"{}}})", more)));
  };
  CHECK(native("").value() == form_texts{{"min", "1"}});
  CHECK(native(R"(,"max":"2")").value() == form_texts{{"min", "1"}, {"max", "2"}});
  CHECK_FALSE(native(R"(,"wallets":"any")"));
  CHECK_FALSE(texts_of(*find_kind("erc20"), node_of(R"({"leaf":"native","chain":"base","min":"1"})")));
  CHECK_FALSE(texts_of(*find_kind("native"), node_of(R"({"not":{"leaf":"native","chain":"base","min":"1"}})")));
}
