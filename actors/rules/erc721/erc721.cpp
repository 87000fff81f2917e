// Pieces of an ERC-721 collection (https://eips.ethereum.org/EIPS/eip-721): any, or those of the ids.
#include "actors/rules/amounts.hpp"
#include "actors/rules/balance_leaf.hpp"
#include "actors/rules/parameters.hpp"
#include "actors/rules/sentence.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis::rules::erc721 {
namespace {

/// Asks each id for its owner: the same questions for every member.
class owners : public leaf {
public:
  owners(contract_place place, std::vector<uint256> ids, amount_range range, over how)
    : place_{std::move(place)}, ids_{std::move(ids)}, range_{std::move(range)}, how_{how} {}

  std::vector<chain_read> reads(const wallets& member) const override {
    std::vector<chain_read> out;
    for (const auto& id : ids_)
      if (!member.empty())
        out.push_back(question(id));
    return out;
  }

  finding judge(const wallets& member, const lookup& answers) const override {
    finding out;
    std::vector<bounds> held(member.size(), bounds::exactly(uint256{}));
    auto together = bounds::exactly(uint256{});
    for (const auto& question : reads(member)) {
      const auto& answer = answers(question);
      out.evidence.push_back({question, answer});
      count(answer, member, held, together);
    }
    // An id has one owner, so what is unknown of it counts once in the sum of the wallets.
    const auto [said, amount] = how_ == over::sum ? rules::judge(range_, over::sum, {together})
                                                  : rules::judge(range_, over::any, held);
    const auto what = fmt::format("of {} on {}", describe_ids(ids_), place_.chain_name);
    out.answer = said;
    out.required = fmt::format("{} {}{}", describe(range_), what, how_ == over::any ? " in one wallet" : "");
    out.found = member.empty() ? std::string{"you have no wallet here yet"}
                               : fmt::format("you hold {} {}", amount, what);
    return out;
  }

  std::string sentence(const finding& f, polarity sign) const override { return explain(f, sign); }

private:
  chain_read question(const uint256& id) const { return {place_.chain, token_owner{place_.contract, id}}; }

  /// ownerOf gives up for an id that nobody owns: that is an answer, and it is no.
  static void count(const any_reading<contract_answer>& answer, const wallets& member, std::vector<bounds>& held,
                    bounds& together) {
    const auto one = bounds::exactly(uint256{1});
    const bounds perhaps{uint256{}, uint256{1}};
    answer.match(
      [&](const auto& known) {
        const auto* owner = std::get_if<uint256>(&known.value);
        for (size_t i = 0; owner != nullptr && i < member.size(); ++i)
          if (as_number(member[i]) == *owner) {
            held[i] = held[i] + one;
            together = together + one;
          }
      },
      [&](const unknown_reason&) {
        for (auto& each : held)
          each = each + perhaps;
        together = together + perhaps;
      });
  }

  contract_place place_;
  std::vector<uint256> ids_;
  amount_range range_;
  over how_;
};

caf::expected<std::unique_ptr<const leaf>> read(const boost::json::object& parameters, const std::string& at) {
  auto place = read_place(parameters, at);
  if (!place)
    return std::move(place.error());
  auto ids = read_token_ids(parameters, at);
  if (!ids)
    return std::move(ids.error());
  auto range = read_range(parameters, at, 0, std::string{json::text_or(parameters, "symbol")});
  if (!range)
    return std::move(range.error());
  const auto how = read_over(parameters);
  if (!ids->empty())
    return std::make_unique<const owners>(std::move(*place), std::move(*ids), std::move(*range), how);
  return balance_leaf({.range = std::move(*range),
                       .how = how,
                       .what = "on " + place->chain_name,
                       .questions = [place = std::move(*place)](const evm_address& wallet) {
                         return std::vector{chain_read{place.chain, token_balance{place.contract, wallet}}};
                       }});
}

} // namespace

const leaf_kind& definition() {
  static const leaf_kind self{.name = "erc721",
                              .help = "Pieces of an ERC-721 collection, any or by their ids, in a member's wallets.",
                              .parameters = R"json({
    "required": ["chain", "contract", "symbol"],
    "properties": {
      "chain": {"$ref": "#/definitions/chain"},
      "contract": {"$ref": "#/definitions/address"},
      "symbol": {"$ref": "#/definitions/symbol"},
      "ids": {"$ref": "#/definitions/tokenIds"},
      "idRanges": {"$ref": "#/definitions/idRanges"},
      "min": {"$ref": "#/definitions/amount"},
      "max": {"$ref": "#/definitions/amount"},
      "wallets": {"$ref": "#/definitions/wallets"}
    }
  })json",
                              .read = read};
  return self;
}

} // namespace arrakis::rules::erc721
