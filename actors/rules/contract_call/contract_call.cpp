// One word that any contract returns for a wallet.
#include "actors/rules/contract_call/signature.hpp"

#include "actors/rules/amounts.hpp"
#include "actors/rules/parameters.hpp"
#include "actors/rules/sentence.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/json.hpp"
#include "schemas/json_schema.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis::rules::contract_call {
namespace {

namespace bj = boost::json;

struct terms {
  chain_contract contract;
  std::string function;
  std::vector<std::optional<uint256>> arguments; ///< Empty ones are the wallet.
  word_type returns;
  amount_range range;           ///< Of a number.
  over how = over::any;         ///< Of a number.
  std::optional<uint256> equal; ///< Of a bool or address; empty: the wallet itself.
  std::string required;
  bool revert_is_no = false;
};

class call : public leaf {
public:
  explicit call(terms t) : terms_{std::move(t)} {}

  std::vector<chain_read> reads(const wallets& member) const override {
    std::vector<chain_read> out;
    for (const auto& wallet : member)
      out.push_back(question(wallet));
    return out;
  }

  finding judge(const wallets& member, const lookup& answers) const override {
    finding out;
    out.required = terms_.required;
    const auto who = fmt::format("{} of {} on {}", code(terms_.function), code(terms_.contract.address.text()),
                                 terms_.contract.chain_name);
    if (member.empty())
      out.found = "you have no wallet here yet";
    if (terms_.returns.is == word_type::number)
      judge_numbers(member, answers, who, out);
    else
      judge_words(member, answers, who, out);
    return out;
  }

  /// No revert may give, and below a NOT a no gives.
  caf::error check_sign(polarity sign, const std::string& at) const override {
    if (terms_.revert_is_no && sign == polarity::negative)
      return refuse_field("rules", at + "/onRevert",
                          "\"no\" must not stand below a \"not\": a contract that gives up would give the role; "
                          "write \"unknown\", or leave it out");
    return {};
  }

  std::string sentence(const finding& f, polarity sign) const override { return explain(f, sign); }

private:
  chain_read question(const evm_address& wallet) const {
    contract_word word{terms_.contract.address, terms_.function, {}};
    for (const auto& argument : terms_.arguments)
      word.arguments.push_back(argument.value_or(as_number(wallet)));
    return {terms_.contract.chain, std::move(word)};
  }

  /// The word, where it is one of the type; `gave_up`: the contract reverted, and the rule calls that a no.
  struct outcome {
    std::optional<uint256> word;
    bool gave_up = false;
  };
  outcome ask(const evm_address& wallet, const lookup& answers, finding& into) const {
    const auto asked = question(wallet);
    const auto word = note(asked, answers, into);
    const bool gave_up = into.evidence.back().answer.match(
      [](const auto& known) { return std::holds_alternative<reverted>(known.value); },
      [](const unknown_reason&) { return false; });
    return {word && is_clean(*word, terms_.returns) ? word : std::nullopt, gave_up && terms_.revert_is_no};
  }

  void judge_numbers(const wallets& member, const lookup& answers, const std::string& who, finding& out) const {
    std::vector<bounds> held;
    for (const auto& wallet : member) {
      const auto said = ask(wallet, answers, out);
      // A revert that is a no counts as zero; check_revert refuses the rules which that zero could meet.
      held.push_back(said.word      ? bounds::exactly(*said.word)
                     : said.gave_up ? bounds::exactly(uint256{})
                                    : bounds::anything());
    }
    const auto [answer, amount] = rules::judge(terms_.range, terms_.how, held);
    out.answer = answer;
    if (!member.empty())
      out.found = fmt::format("{} gives {}", who, amount);
  }

  void judge_words(const wallets& member, const lookup& answers, const std::string& who, finding& out) const {
    out.answer = truth::no;
    for (const auto& wallet : member) {
      const auto said = ask(wallet, answers, out);
      const auto wanted = terms_.equal.value_or(as_number(wallet));
      const auto one = said.word    ? (*said.word == wanted ? truth::yes : truth::no)
                     : said.gave_up ? truth::no
                                    : truth::unknown;
      out.answer = std::max(out.answer, one);
    }
    if (!member.empty())
      out.found = fmt::format("{} {}", who,
                              out.answer == truth::yes  ? "says so"
                              : out.answer == truth::no ? "does not say so"
                                                        : "has no answer that can be used");
  }

  terms terms_;
};

caf::error refuse(const std::string& at, std::string_view what) { return refuse_field("rules", at, what); }

caf::error read_arguments(const bj::object& parameters, const std::string& at, terms& into) {
  const auto types = parse_signature(into.function);
  if (!types)
    return refuse(at + "/function", text_of(types.error()));
  const auto& list = parameters.at("arguments").as_array();
  if (list.size() != types->size())
    return refuse(at + "/arguments",
                  fmt::format("has {} entries; the function has {} parameters", list.size(), types->size()));
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string_view text{list[i].as_string().data(), list[i].as_string().size()};
    const auto where = fmt::format("{}/arguments/{}", at, i);
    if (text == "wallet" && (*types)[i].is != word_type::address)
      return refuse(where, "the wallet is an address, and this parameter is none");
    if (text == "wallet") {
      into.arguments.emplace_back();
      continue;
    }
    const auto word = parse_argument(text, (*types)[i]);
    if (!word)
      return refuse(where, text_of(word.error()));
    into.arguments.emplace_back(*word);
  }
  if (std::all_of(into.arguments.begin(), into.arguments.end(), [](const auto& x) { return x.has_value(); }))
    return refuse(at + "/arguments", "must have \"wallet\" once: without it the answer is the same for everybody");
  return {};
}

/// A number that is compared, or a word that is equal to something.
caf::error read_comparison(const bj::object& parameters, const std::string& at, terms& into) {
  const bool number = into.returns.is == word_type::number;
  for (const auto* name : {"min", "max", "decimals", "unit", "wallets"})
    if (!number && parameters.contains(name))
      return refuse(fmt::format("{}/{}", at, name), "only a number has it: remove it, and say what it \"equals\"");
  if (number) {
    if (parameters.contains("equals"))
      return refuse(at + "/equals", "a number is compared by \"min\" and \"max\": remove it");
    auto range = read_range(parameters, at, static_cast<int>(json::integer_or(parameters, "decimals")),
                            std::string{json::text_or(parameters, "unit")});
    if (!range)
      return std::move(range.error());
    into.range = std::move(*range);
    into.how = read_over(parameters, over::any);
    into.required = fmt::format("{} from {}", describe(into.range), code(into.function));
    return {};
  }
  if (!parameters.contains("equals"))
    return refuse(at + "/equals", "is missing: say which answer is needed");
  const auto text = json::text_or(parameters, "equals");
  if (into.returns.is != word_type::address || text != "wallet") {
    const auto word = parse_argument(text, into.returns);
    if (!word)
      return refuse(at + "/equals", text_of(word.error()));
    into.equal = *word;
  }
  into.required = fmt::format("{} from {}", text == "wallet" ? "your own address" : code(text), code(into.function));
  return {};
}

/// No revert may give: where it counts as a no, the zero that stands for it must neither meet the leaf nor keep a sum
/// below a maximum.
caf::error check_revert(const bj::object& parameters, const std::string& at, terms& into) {
  into.revert_is_no = json::text_or(parameters, "onRevert") == "no";
  if (into.revert_is_no && into.returns.is == word_type::number && !into.range.min)
    return refuse(at + "/onRevert",
                  "\"no\" needs a \"min\": with \"max\" alone a contract that gives up would count as a "
                  "small number");
  if (into.revert_is_no && into.returns.is == word_type::number && into.range.max && into.how == over::sum)
    return refuse(
      at + "/onRevert",
      "\"no\" must not stand beside \"max\" where \"wallets\" is \"sum\": a contract that gives up for one "
      "wallet would keep the sum below it; write \"unknown\", leave \"max\" out, or compare \"any\" wallet");
  return {};
}

caf::expected<std::unique_ptr<const leaf>> read(const bj::object& parameters, const std::string& at) {
  auto contract = read_contract(parameters, at);
  if (!contract)
    return std::move(contract.error());
  const auto returns = parse_type(json::text_or(parameters, "returns"));
  if (!returns)
    return refuse(at + "/returns", "is no supported type: address, bool, uint8 to uint256 or bytes1 to bytes32");
  terms out;
  out.contract = std::move(*contract);
  out.function = std::string{json::text_or(parameters, "function")};
  out.returns = *returns;
  for (const auto step : {read_arguments, read_comparison, check_revert})
    if (auto error = step(parameters, at, out))
      return error;
  return std::make_unique<const call>(std::move(out));
}

} // namespace

const leaf_kind& definition() {
  static const leaf_kind self{.name = "contract_call",
                              .help = "What a function of any contract answers for a member's wallet.",
                              .parameters = R"json({
    "required": ["chain", "contract", "function", "arguments", "returns"],
    "properties": {
      "chain": {"$ref": "#/definitions/chain"},
      "contract": {"$ref": "#/definitions/address"},
      "function": {"type": "string", "minLength": 3, "maxLength": 200,
        "description": "a signature such as \"getVotes(address)\""},
      "arguments": {"type": "array", "minItems": 1, "maxItems": 16,
        "items": {"type": "string", "minLength": 1, "maxLength": 100},
        "description": "a text for each parameter; \"wallet\" stands for the member's"},
      "returns": {"type": "string", "minLength": 1, "maxLength": 10,
        "description": "address, bool, uint8 to uint256 or bytes1 to bytes32"},
      "equals": {"type": "string", "minLength": 1, "maxLength": 100,
        "description": "\"true\", \"false\", an address, \"wallet\" or 0x and hexadecimal digits"},
      "decimals": {"$ref": "#/definitions/decimals"},
      "unit": {"$ref": "#/definitions/symbol"},
      "onRevert": {"enum": ["no", "unknown"],
        "description": "\"no\" or \"unknown\": what it means that the contract gives up"}
    }
  })json",
                              .compares_amount = true,
                              .read = read};
  return self;
}

} // namespace arrakis::rules::contract_call
