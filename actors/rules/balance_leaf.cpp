#include "actors/rules/balance_leaf.hpp"

#include "actors/rules/sentence.hpp"

#include <fmt/format.h>

namespace arrakis::rules {
namespace {

class balances : public leaf {
public:
  explicit balances(balance_terms terms) : terms_{std::move(terms)} {}

  std::vector<chain_read> reads(const wallets& member) const override {
    std::vector<chain_read> out;
    for (const auto& wallet : member)
      for (auto& question : terms_.questions(wallet))
        out.push_back(std::move(question));
    return out;
  }

  finding judge(const wallets& member, const lookup& answers) const override {
    finding out;
    std::vector<bounds> held;
    for (const auto& wallet : member) {
      auto total = bounds::exactly(uint256{});
      for (const auto& question : terms_.questions(wallet)) {
        const auto amount = note(question, answers, out);
        total = total + (amount ? bounds::exactly(*amount) : bounds::anything());
      }
      held.push_back(total);
    }
    const auto [answer, amount] = rules::judge(terms_.range, terms_.how, held);
    out.answer = answer;
    out.required = fmt::format("{} {}", describe(terms_.range), terms_.what);
    if (terms_.how == over::any)
      out.required += " in one wallet";
    out.found = member.empty() ? std::string{"you have no wallet here yet"}
                               : fmt::format("you hold {} {}", amount, terms_.what);
    return out;
  }

  std::string sentence(const finding& f, polarity sign) const override { return explain(f, sign); }

private:
  balance_terms terms_;
};

} // namespace

std::unique_ptr<const leaf> balance_leaf(balance_terms terms) { return std::make_unique<balances>(std::move(terms)); }

std::unique_ptr<const leaf> token_balance_leaf(token_parameters token) {
  return balance_leaf({.range = std::move(token.range),
                       .how = token.how,
                       .what = "on " + token.contract.chain_name,
                       .questions = [contract = std::move(token.contract)](const evm_address& wallet) {
                         return std::vector{chain_read{contract.chain, token_balance{contract.address, wallet}}};
                       }});
}

} // namespace arrakis::rules
