#include "actors/rules/naive.test.hpp"

#include <algorithm>

namespace arrakis::rules::test {
namespace {
constexpr int most = 7; // Above each max that is drawn.

evm_address address_of(int n) { return wallet(static_cast<uint8_t>(n)); }
std::string range_of(const naive_leaf& x) {
  std::string out;
  if (x.min > 0)
    out += fmt::format(R"(,"min":"{}")", x.min);
  if (x.max > 0)
    out += fmt::format(R"(,"max":"{}")", x.max);
  return out;
}
std::string ids_of(const naive_leaf& x) {
  std::string out;
  for (const int id : x.ids)
    out += fmt::format(R"({}"{}")", out.empty() ? "" : ",", id);
  return R"(,"ids":[)" + out + "]";
}
bool in_range(const naive_leaf& x, int amount) { return amount >= x.min && (x.max == 0 || amount < x.max); }
} // namespace

std::string json_of(const naive_leaf& x) {
  const auto place = fmt::format(R"("chain":"base","contract":"{}")", address_of(x.contract).text());
  const auto how = fmt::format(R"(,"wallets":"{}")", x.any ? "any" : "sum");
  const auto call = [&](std::string_view rest) {
    return fmt::format(
      R"j({{"leaf":"contract_call",{},"function":"f(address)","arguments":["wallet"],"onRevert":"{}"{}}})j", place,
      x.revert_is_no ? "no" : "unknown", rest);
  };
  switch (x.is) {
    case naive_leaf::native: // In wei: the chain has 18 decimals.
      return fmt::format(R"({{"leaf":"native","chain":"base"{}{}{}}})", how,
                         x.min > 0 ? fmt::format(R"(,"min":"0.00000000000000000{}")", x.min) : "",
                         x.max > 0 ? fmt::format(R"(,"max":"0.00000000000000000{}")", x.max) : "");
    case naive_leaf::erc20:
      return fmt::format(R"({{"leaf":"erc20",{},"symbol":"T","decimals":0{}{}}})", place, how, range_of(x));
    case naive_leaf::erc721: return fmt::format(R"({{"leaf":"erc721",{},"symbol":"T"{}{}}})", place, how, range_of(x));
    case naive_leaf::erc721_ids:
      return fmt::format(R"({{"leaf":"erc721",{},"symbol":"T"{}{}{}}})", place, how, range_of(x), ids_of(x));
    case naive_leaf::erc1155:
      return fmt::format(R"({{"leaf":"erc1155",{},"symbol":"T"{}{}{}}})", place, how, range_of(x), ids_of(x));
    case naive_leaf::number: return call(R"(,"returns":"uint256")" + how + range_of(x));
    case naive_leaf::boolean: return call(R"(,"returns":"bool","equals":"true")");
  }
  return {};
}

std::vector<chain_read> naive_reads(const naive_leaf& x, const wallets& member) {
  std::vector<chain_read> out;
  const auto where = address_of(x.contract);
  if (x.is == naive_leaf::erc721_ids) {
    for (const int id : x.ids)
      out.push_back({"base", token_owner{where, uint256{static_cast<uint64_t>(id)}}});
    return member.empty() ? std::vector<chain_read>{} : out;
  }
  for (const auto& each : member) {
    if (x.is == naive_leaf::native)
      out.push_back({"base", native_balance{each}});
    else if (x.is == naive_leaf::erc20 || x.is == naive_leaf::erc721)
      out.push_back({"base", token_balance{where, each}});
    else if (x.is == naive_leaf::erc1155)
      for (const int id : x.ids)
        out.push_back({"base", item_balance{where, each, uint256{static_cast<uint64_t>(id)}}});
    else
      out.push_back({"base", contract_word{where, "f(address)", {as_number(each)}}});
  }
  return out;
}

std::vector<int> possible(const naive_leaf& x, const wallets& member) {
  if (x.is == naive_leaf::boolean)
    return {0, 1};
  std::vector<int> out;
  const int last = x.is == naive_leaf::erc721_ids ? static_cast<int>(member.size()) : most;
  for (int i = 0; i <= last; ++i)
    out.push_back(i);
  return out;
}

contract_answer as_answer(const naive_leaf& x, int said) {
  if (said < 0)
    return reverted{};
  if (x.is == naive_leaf::erc721_ids)
    return as_number(address_of(said == 0 ? 99 : said));
  return uint256{static_cast<uint64_t>(said)};
}

bool naive_judge(const naive_leaf& x, const wallets& member, const statements& says) {
  std::vector<int> amounts(member.size(), 0);
  if (x.is == naive_leaf::erc721_ids) {
    for (const auto& question : naive_reads(x, member))
      if (const int owner = says.at(question); owner > 0 && owner <= static_cast<int>(member.size()))
        ++amounts[static_cast<size_t>(owner - 1)];
  } else {
    for (size_t i = 0; i < member.size(); ++i)
      for (const auto& question : naive_reads(x, {member[i]}))
        amounts[i] += std::max(0, says.at(question)); // A revert that counts at all counts as nothing.
  }
  if (x.is == naive_leaf::boolean)
    return std::count(amounts.begin(), amounts.end(), 1) > 0;
  if (x.any)
    return std::any_of(amounts.begin(), amounts.end(), [&](int amount) { return in_range(x, amount); });
  int sum = 0;
  for (const int amount : amounts)
    sum += amount;
  return in_range(x, sum);
}

naive_rule draw_rule(const std::function<uint64_t()>& dice, bool shared) {
  const auto number = [&](size_t below) { return static_cast<int>(dice() % below); };
  naive_rule out;
  const auto leaf = [&](bool negative) {
    naive_leaf x;
    x.is = static_cast<enum naive_leaf::kind>(number(7));
    // Ids and coins of a leaf that others ask for too would be shared; a contract of its own makes them its own.
    if (x.is == naive_leaf::native && !shared
        && std::any_of(out.leaves.begin(), out.leaves.end(), [](const auto& y) { return y.is == naive_leaf::native; }))
      x.is = naive_leaf::erc20;
    x.contract = shared ? 100 : 100 + static_cast<int>(out.leaves.size());
    x.revert_is_no = number(2) == 0 && !negative; // Refused below a NOT.
    x.min = number(3) == 0 && !x.revert_is_no ? 0 : 1 + number(5);
    x.max = x.min == 0 || number(3) == 0 ? x.min + 1 + number(static_cast<size_t>(6 - x.min)) : 0;
    x.any = number(2) == 0;
    x.any = x.any || (x.is == naive_leaf::number && x.revert_is_no && x.max > 0); // The sum is refused.
    for (int id = 0; id < 1 + number(2); ++id)
      x.ids.push_back(id);
    out.leaves.push_back(x);
    return naive_node{naive_node::leaf, 0, {}, out.leaves.size() - 1};
  };
  const auto draw = [&](const auto& again, int depth, bool negative) -> naive_node {
    const int pick = number(6);
    if (depth == 0 || pick == 0 || out.leaves.size() > 4)
      return leaf(negative);
    if (pick == 1)
      return naive_node{naive_node::none, 0, {again(again, depth - 1, !negative)}, 0};
    std::vector<naive_node> children;
    for (int i = 0; i < 1 + number(3); ++i)
      children.push_back(again(again, depth - 1, negative));
    const int count = 1 + number(children.size());
    const auto is = pick == 2 ? naive_node::at_least : pick % 2 == 0 ? naive_node::all : naive_node::any;
    return {is, count, std::move(children), 0};
  };
  out.tree = draw(draw, 3, false);
  return out;
}

std::string json_of(const naive_node& node, const std::vector<naive_leaf>& leaves) {
  std::string children;
  for (const auto& child : node.children)
    children += (children.empty() ? "" : ",") + json_of(child, leaves);
  switch (node.is) {
    case naive_node::all: return R"({"all":[)" + children + "]}";
    case naive_node::any: return R"({"any":[)" + children + "]}";
    case naive_node::none: return R"({"not":)" + children + "}";
    case naive_node::at_least: return fmt::format(R"({{"atLeast":{},"of":[{}]}})", node.count, children);
    case naive_node::leaf: break;
  }
  return json_of(leaves[node.index]);
}

bool naive_judge(const naive_node& node, const std::vector<bool>& leaves) {
  int yes = 0;
  for (const auto& child : node.children)
    yes += naive_judge(child, leaves);
  switch (node.is) {
    case naive_node::all: return yes == static_cast<int>(node.children.size());
    case naive_node::any: return yes > 0;
    case naive_node::none: return yes == 0;
    case naive_node::at_least: return yes >= node.count;
    case naive_node::leaf: break;
  }
  return leaves[node.index];
}

} // namespace arrakis::rules::test
