#include "actors/verdicts/core/report.hpp"

#include "adapters/chain/catalogue/catalogue.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <set>
#include <tuple>

namespace arrakis::verdicts {
namespace {

using std::chrono::seconds;

constexpr seconds check_after{6 * 3600};        // Nothing is left open.
constexpr seconds check_unknown_after{10 * 60}; // Something could not be read.
constexpr seconds finalized_after{20 * 60};     // For a chain's "finalized", with room.

std::string words_of(const chain_read& question) {
  struct {
    std::string operator()(const native_balance& x) const { return "balance of " + x.of.text(); }
    std::string operator()(const token_balance& x) const {
      return fmt::format("balanceOf({}) of {}", x.of.text(), x.contract.text());
    }
    std::string operator()(const token_owner& x) const {
      return fmt::format("ownerOf({}) of {}", to_decimal(x.id), x.contract.text());
    }
    std::string operator()(const item_balance& x) const {
      return fmt::format("balanceOf({}, {}) of {}", x.of.text(), to_decimal(x.id), x.contract.text());
    }
    std::string operator()(const contract_word& x) const {
      return fmt::format("{} of {}", x.function, x.contract.text());
    }
  } const say;
  return std::visit(say, question.what);
}

/// The blocks of a verdict, each once.
class block_list {
public:
  void note(const provenance& at, bool is_deep) { all_.emplace(at.chain, is_deep, at.block, at.block_hash); }
  std::vector<verdict_block> list() const {
    std::vector<verdict_block> out;
    for (const auto& [chain, is_deep, number, hash] : all_)
      out.push_back({chain, is_deep, number, hash});
    return out;
  }

private:
  std::set<std::tuple<std::string, bool, int64_t, std::string>> all_;
};

verdict_value value_of(const chain_read& question, const any_reading<contract_answer>& answer, bool is_deep,
                       block_list& blocks) {
  verdict_value out{words_of(question), {}, {}, {}, 0};
  answer.match(
    [&](const auto& known) {
      blocks.note(known.at, is_deep);
      const auto* number = std::get_if<uint256>(&known.value);
      out.value = number != nullptr ? to_decimal(*number) : "reverted";
      out.endpoints = known.at.endpoints;
      out.read_at_ms = known.at.read_at_ms;
    },
    [&](const unknown_reason& why) { out.unknown = why.detail.empty() ? "it was not read" : why.detail; });
  return out;
}

verdict_finding finding_of(const rules::finding& from, bool is_deep, block_list& blocks) {
  verdict_finding out{from.answer, from.found, {}};
  for (const auto& each : from.evidence)
    out.values.list.push_back(value_of(each.question, each.answer, is_deep, blocks));
  return out;
}

/// Walks the tree of a rule beside the findings of its leaves.
class tree_writer {
public:
  tree_writer(const rules::compiled_rule& rule, const rules::judgement& near_tip, const rules::judgement* deep,
              block_list& blocks)
    : rule_{rule}, near_tip_{near_tip}, deep_{deep}, blocks_{blocks} {}

  verdict_node write(const rule_node& node) {
    verdict_node out;
    out.is = node.is;
    out.count = node.count;
    if (node.is == rule_node::leaf) {
      write_leaf(node, out);
      return out;
    }
    const auto first = next_;
    for (const auto& child : node.children)
      out.children.push_back(write(child));
    std::vector<truth> leaves;
    for (auto i = first; i < next_; ++i)
      leaves.push_back(near_tip_.findings[i].answer);
    out.answer = rules::evaluate(node, leaves);
    return out;
  }

private:
  void write_leaf(const rule_node& node, verdict_node& into) {
    const auto i = next_++;
    const auto& found = near_tip_.findings[i];
    const auto sign = rule_.leaves[i].sign;
    into.answer = found.answer;
    into.leaf_kind = node.leaf_kind;
    std::set<std::string> chains;
    for (const auto& each : found.evidence)
      chains.insert(each.question.chain);
    into.chains.assign(chains.begin(), chains.end());
    into.excludes = sign == rules::polarity::negative;
    into.required = found.required;
    into.near_tip = finding_of(found, false, blocks_);
    if (deep_ != nullptr && rules::takes(sign, found.answer)) // The others were not read there.
      into.deep = finding_of(deep_->findings[i], true, blocks_);
  }

  const rules::compiled_rule& rule_;
  const rules::judgement& near_tip_;
  const rules::judgement* deep_;
  block_list& blocks_;
  size_t next_ = 0;
};

template <class At>
const rules::judgement& details_of(const rules::verdict<At>& of) {
  return std::visit([](const auto& ruling) -> const rules::judgement& { return ruling.details(); }, of);
}

verdict_rule rule_of(const rules::compiled_rule& rule, const rules::judgement& near_tip, const rules::judgement* deep,
                     block_list& blocks) {
  verdict_rule out{rule.source.id, rule.source.name, near_tip.answer, std::nullopt, {}};
  if (deep != nullptr)
    out.deep = deep->answer;
  out.when = tree_writer{rule, near_tip, deep, blocks}.write(rule.source.when);
  return out;
}

template <class At>
verdict_amount amount_of(const plan& by, const rules::wallets& wallets, const judged_at<At>& found,
                         const rules::answers<At>& read, block_list& blocks) {
  verdict_amount out;
  if (found.held)
    if (const auto exact = found.held->exact())
      out.amount = format_units(*exact, by.ranked.asset.decimals);
  if (found.rank) {
    out.rank = found.rank->rank;
    out.of = found.rank->of;
  }
  for (const auto& wallet : wallets) {
    const auto question = by.ranked.question(wallet);
    out.values.list.push_back(value_of(question, read.find(question), std::is_same_v<At, revoke_block>, blocks));
  }
  return out;
}

verdict_ranking ranking_of(const plan& by, const report_input& in, block_list& blocks) {
  const auto& asset = by.ranked.asset;
  verdict_ranking out{asset.id, asset.chain, asset.symbol, "native_members", in.near_tip.admitted.value()};
  out.near_tip = amount_of(by, in.who.wallets, in.near_tip, in.read_near_tip, blocks);
  const bool has_deep = in.deep != nullptr && in.deep->held;
  if (has_deep)
    out.deep = amount_of(by, in.who.wallets, *in.deep, in.read_deep, blocks);
  for (size_t i = 0; i < by.tiers.size(); ++i) {
    const auto& tier = by.wanted->tiers[i];
    verdict_tier one{tier.id,       tier.name,     tier.threshold.value_or(""),
                     tier.min_rank, tier.max_rank, in.near_tip.tiers[i].value()};
    if (tier.threshold) // As it is read back: a tier by amount has no ranks.
      std::tie(one.min_rank, one.max_rank) = std::pair{int64_t{1}, std::optional<int64_t>{}};
    if (has_deep)
      one.deep = in.deep->tiers[i].value();
    out.tiers.push_back(std::move(one));
  }
  out.tier = in.follows.tier;
  out.former = in.who.tier;
  return out;
}

verdict_role role_of(const plan& by, const decided_role& from) {
  verdict_role out{from.id};
  if (from.role == nullptr) {
    out.decision = role_decision::left;
    out.reason = role_reason::not_managed;
    return out;
  }
  out.name = from.role->name;
  out.because = sources_of(by, *from.role);
  struct {
    verdict_role& out;
    void operator()(const given&) const { set(role_decision::given, role_reason::earned); }
    void operator()(const taken&) const { set(role_decision::taken, role_reason::not_earned); }
    void operator()(const kept& x) const { set(role_decision::kept, x.why); }
    void operator()(const withheld& x) const { set(role_decision::withheld, x.why); }
    void set(role_decision what, role_reason why) const {
      out.decision = what;
      out.reason = why;
    }
  } const note{out};
  std::visit(note, from.what);
  return out;
}

/// The time until the block that takes has passed the one that was read near the tip.
seconds wait_of(const std::string& chain) {
  const auto* known = chain::find(chain);
  if (known == nullptr || known->revoke.is != block_policy::below_tip)
    return finalized_after;
  const auto blocks = known->revoke.depth + 2;
  return std::chrono::ceil<seconds>(known->block_time * blocks);
}

seconds next_check(const member_verdict& of) {
  auto out = check_after;
  for (const auto& role : of.roles) {
    if (role.reason == role_reason::undecided || role.reason == role_reason::unknown_deep)
      out = std::min(out, check_unknown_after);
    if (role.reason == role_reason::still_deep)
      for (const auto& block : of.blocks)
        out = std::min(out, std::max(seconds{15}, wait_of(block.chain)));
  }
  return out;
}

// ---- the size

constexpr size_t values_max = 512; // Of one finding (schemas/verdict.schema.json).

void cut(verdict_values& values, size_t most) {
  if (values.list.size() <= most)
    return;
  std::stable_partition(values.list.begin(), values.list.end(), [](const auto& each) { return !each.unknown.empty(); });
  values.left_out += static_cast<int64_t>(values.list.size() - most);
  values.list.resize(most);
}

void cut(verdict_node& node, size_t most) {
  for (auto& child : node.children)
    cut(child, most);
  cut(node.near_tip.values, most);
  if (node.deep)
    cut(node.deep->values, most);
}

/// Takes the text out of the leaves of a tree; their answers stay.
void empty_leaves(verdict_node& node) {
  for (auto& child : node.children)
    empty_leaves(child);
  node.required.clear();
  node.near_tip.found.clear();
  if (node.deep)
    node.deep->found.clear();
}

} // namespace

member_verdict report(const plan& by, const report_input& in) {
  block_list blocks;
  member_verdict out;
  out.manifest_version = by.version;
  out.trigger = in.trigger;
  out.judged_at_s = in.now_s;
  out.wallets = static_cast<int64_t>(in.who.wallets.size());
  out.wallets_aside = in.wallets_aside;
  for (size_t i = 0; i < by.rules.size(); ++i) {
    const auto* deep = in.deep != nullptr && in.deep->rules[i] ? &details_of(*in.deep->rules[i]) : nullptr;
    out.rules.push_back(rule_of(by.rules[i], details_of(*in.near_tip.rules[i]), deep, blocks));
  }
  out.ranking = ranking_of(by, in, blocks);
  for (const auto& each : in.follows.roles)
    out.roles.push_back(role_of(by, each));
  out.blocks = blocks.list();
  out.next_check_s = in.now_s + next_check(out).count();
  return out;
}

std::string print_within(member_verdict& verdict, size_t bytes_max) {
  std::string text;
  for (size_t most = values_max;; most /= 2) {
    for (auto& rule : verdict.rules) {
      cut(rule.when, most);
      if (most == 0 && text.size() > bytes_max)
        empty_leaves(rule.when);
    }
    cut(verdict.ranking.near_tip.values, most);
    if (verdict.ranking.deep)
      cut(verdict.ranking.deep->values, most);
    text = json::print(to_json(verdict));
    if (text.size() <= bytes_max)
      return text;
    if (most == 0)
      break;
  }
  for (auto& rule : verdict.rules)
    rule.when.children.clear();
  return json::print(to_json(verdict));
}

} // namespace arrakis::verdicts
