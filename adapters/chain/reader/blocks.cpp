#include "adapters/chain/reader/blocks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace arrakis::chain::reader {
namespace {

unknown_reason no_block(std::string why) { return {unknown_reason::no_answer, std::move(why)}; }

int64_t blocks_in(std::chrono::milliseconds time, std::chrono::milliseconds block_time) {
  return time / std::max(block_time, std::chrono::milliseconds{1});
}

/// The highest number that `count` of them have reached.
int64_t reached_by(std::vector<int64_t> numbers, size_t count) {
  std::sort(numbers.begin(), numbers.end(), std::greater{});
  return numbers.at(count - 1);
}

/// One tip of each host: the lower one, where it has two.
std::vector<chain_tip> of_each_host(const std::vector<chain_tip>& tips) {
  std::map<std::string, chain_tip> by_host;
  for (const auto& each : tips)
    if (const auto [at, added] = by_host.emplace(each.endpoint, each);
        !added && each.newest.number < at->second.newest.number)
      at->second = each;
  std::vector<chain_tip> out;
  for (auto& [host, tip] : by_host)
    out.push_back(std::move(tip));
  return out;
}

bool is_old(const chain_tip& tip, const block_terms& terms) {
  return terms.tip_age_max.count() > 0 && terms.now_s - tip.time_s > terms.tip_age_max.count();
}

/// Tips that are near the one which a majority has reached.
std::vector<chain_tip> near_majority(std::vector<chain_tip> tips, const block_terms& terms) {
  std::vector<int64_t> numbers;
  for (const auto& each : tips)
    numbers.push_back(each.newest.number);
  const auto tip = reached_by(std::move(numbers), std::max(terms.needed, tips.size() / 2 + 1));
  constexpr int64_t blocks_apart_min = 2; // Where blocks are rare, endpoints are seldom at the same one.
  const auto apart_max = std::max(blocks_apart_min, blocks_in(terms.lag_max, terms.block_time));
  std::erase_if(tips, [&](const auto& each) { return std::abs(each.newest.number - tip) > apart_max; });
  return tips;
}

} // namespace

std::variant<int64_t, unknown_reason> choose_block(const std::vector<chain_tip>& all, const block_terms& terms) {
  auto tips = of_each_host(all);
  if (tips.size() < terms.needed)
    return no_block(tips.empty() ? fmt::format("no endpoint of {} answered", terms.chain)
                                 : fmt::format("too few endpoints of {} answered", terms.chain));
  std::erase_if(tips, [&](const auto& each) { return is_old(each, terms); });
  if (tips.size() < terms.needed)
    return no_block(fmt::format("the endpoints of {} are behind: their newest block is old", terms.chain));
  tips = near_majority(std::move(tips), terms);
  std::vector<int64_t> numbers, tagged;
  for (const auto& each : tips) {
    numbers.push_back(each.newest.number);
    if (each.tagged)
      tagged.push_back(each.tagged->number);
  }
  if (numbers.size() < terms.needed)
    return no_block(fmt::format("the endpoints of {} are at blocks far apart", terms.chain));
  const auto majority = std::max(terms.needed, numbers.size() / 2 + 1);
  const auto tip = reached_by(std::move(numbers), majority);
  if (terms.policy.is == block_policy::below_tip)
    return tip >= terms.policy.depth
           ? std::variant<int64_t, unknown_reason>{tip - terms.policy.depth}
           : no_block(fmt::format("{} has fewer than {} blocks yet", terms.chain, terms.policy.depth + 1));
  if (tagged.size() < majority)
    return no_block(fmt::format("the endpoints of {} name no {} block", terms.chain, terms.policy.tag()));
  const auto number = reached_by(std::move(tagged), majority);
  if (number > tip)
    return no_block(
      fmt::format("the endpoints of {} name a {} block above the newest", terms.chain, terms.policy.tag()));
  // Roles are given on it, so an old one would be out of date. What is taken on an old one must be gone today as well.
  if (terms.policy.is == block_policy::safe && number < tip - blocks_in(terms.safe_lag_max, terms.block_time))
    return no_block(fmt::format("the safe block of {} is old", terms.chain));
  return number;
}

} // namespace arrakis::chain::reader
