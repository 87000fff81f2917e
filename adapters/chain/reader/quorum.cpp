#include "adapters/chain/reader/quorum.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

namespace arrakis::chain::reader {
namespace {

/// Reasons are the same when a member would read the same.
bool same(const value_or_reason& a, const value_or_reason& b) {
  if (a.index() != b.index())
    return false;
  if (const auto* value = std::get_if<contract_answer>(&a))
    return *value == std::get<contract_answer>(b);
  const auto &x = std::get<unknown_reason>(a), &y = std::get<unknown_reason>(b);
  return x.why == y.why && x.detail == y.detail;
}

struct party {
  const value_or_reason* answer = nullptr;
  std::set<std::pair<std::string, int64_t>> voters;
};

std::vector<party> parties(const std::vector<vote>& votes) {
  std::vector<party> out;
  for (const auto& one : votes) {
    auto found = std::find_if(out.begin(), out.end(), [&](const auto& p) { return same(*p.answer, one.answer); });
    if (found == out.end())
      found = out.insert(out.end(), party{&one.answer, {}});
    found->voters.emplace(one.endpoint, one.block);
  }
  return out;
}

bool is_value(const party& p) { return std::holds_alternative<contract_answer>(*p.answer); }

std::vector<std::string> endpoints_of(const party& p) {
  std::set<std::string> out;
  for (const auto& [endpoint, block] : p.voters)
    out.insert(endpoint);
  return {out.begin(), out.end()};
}

unknown_reason disagreement() { return {unknown_reason::no_answer, "the endpoints of the chain disagree"}; }

} // namespace

count_result count_votes(const std::vector<vote>& votes, size_t needed) {
  const auto all = parties(votes);
  const party* winner = nullptr;
  size_t most = 0;
  for (const auto& p : all) {
    if (is_value(p))
      most = std::max(most, p.voters.size());
    if (p.voters.size() < needed)
      continue;
    if (winner != nullptr)
      return disagreement();
    winner = &p;
  }
  if (winner == nullptr)
    return open_vote{needed - std::min(most, needed - 1)};
  if (!is_value(*winner))
    return std::get<unknown_reason>(*winner->answer);
  return agreed{std::get<contract_answer>(*winner->answer), endpoints_of(*winner)};
}

unknown_reason explain_open(const std::vector<vote>& votes, size_t needed, const std::string& chain) {
  const auto all = parties(votes);
  if (all.empty())
    return {unknown_reason::no_answer, fmt::format("no endpoint of {} answered", chain)};
  if (std::count_if(all.begin(), all.end(), is_value) > 1)
    return disagreement();
  const auto value = std::find_if(all.begin(), all.end(), is_value);
  if (value == all.end())
    return std::get<unknown_reason>(*all.front().answer);
  return {unknown_reason::no_answer,
          fmt::format("{} of the {} answers needed came from {}", value->voters.size(), needed, chain)};
}

std::vector<std::string> dissenters(const std::vector<vote>& votes, const agreed& winner) {
  std::set<std::string> out;
  for (const auto& one : votes)
    if (const auto* value = std::get_if<contract_answer>(&one.answer); value != nullptr && *value != winner.value)
      out.insert(one.endpoint);
  return {out.begin(), out.end()};
}

} // namespace arrakis::chain::reader
