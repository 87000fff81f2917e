// Pieces of an ERC-721 collection (https://eips.ethereum.org/EIPS/eip-721): any, or those of the ids.
#include "actors/rules/balance_leaf.hpp"
#include "actors/rules/sentence.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis::rules::erc721 {
namespace {

/// Asks each id for its owner: the same questions for every member.
class owners : public leaf {
public:
  owners(token_parameters token, std::vector<uint256> ids) : token_{std::move(token)}, ids_{std::move(ids)} {}

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
    const auto [said, amount] = token_.how == over::sum ? rules::judge(token_.range, over::sum, {together})
                                                        : rules::judge(token_.range, over::any, held);
    const auto what = fmt::format("of {} on {}", describe_ids(ids_), token_.contract.chain_name);
    out.answer = said;
    out.required = fmt::format("{} {}{}", describe(token_.range), what,
                               token_.how == over::any ? " in one wallet" : "");
    out.found = member.empty() ? std::string{"you have no wallet here yet"}
                               : fmt::format("you hold {} {}", amount, what);
    return out;
  }

  std::string sentence(const finding& f, polarity sign) const override { return explain(f, sign); }

private:
  chain_read question(const uint256& id) const {
    return {token_.contract.chain, token_owner{token_.contract.address, id}};
  }

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

  token_parameters token_;
  std::vector<uint256> ids_;
};

caf::expected<std::unique_ptr<const leaf>> read(const boost::json::object& parameters, const std::string& at) {
  auto token = read_token(parameters, at);
  if (!token)
    return std::move(token.error());
  auto ids = read_token_ids(parameters, at);
  if (!ids)
    return std::move(ids.error());
  if (ids->empty())
    return token_balance_leaf(std::move(*token));
  return std::make_unique<const owners>(std::move(*token), std::move(*ids));
}

constexpr form_input form[]{{"contract", form_input::text, "Contract address", "0x…"},
                            {"symbol", form_input::text, "Symbol of the collection", "PASS"},
                            {"min", form_input::text, "How many at least", "1"},
                            {"ids", form_input::list, "Only these token ids (empty: any)", "1, 2, 3", false}};

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
      "idRanges": {"$ref": "#/definitions/idRanges"}
    }
  })json",
                              .compares_amount = true,
                              .form = form,
                              .read = read};
  return self;
}

} // namespace arrakis::rules::erc721
