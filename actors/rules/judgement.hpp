#pragma once
// One rule, one member, one block of each chain: yes, no or undecided, and what follows from it. The block is part of
// the type, and only a yes or no has one of its own, so that the compiler refuses a role that is given or taken for
// something unknown, or taken for what was read near the tip alone (docs/decisions/0020).
#include "actors/rules/compile.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace arrakis::rules {

/// Questions to read for a member, each once, sorted.
std::vector<chain_read> reads(const compiled_rule&, const wallets&);

/// Readings for one judgement, all at the block `At`. All readings of a chain are of one block: the first hash of a
/// chain counts, and a reading of another hash is unknown.
template <class At>
class answers {
public:
  void add(const chain_read& question, reading<contract_answer, At> answer) {
    const bool fits = answer.match(
      [&](const auto& known) {
        const auto& hash = known.at.block_hash;
        return !hash.empty() && blocks_.emplace(question.chain, hash).first->second == hash;
      },
      [](const unknown_reason&) { return true; });
    if (!fits)
      answer = unknown_reason{unknown_reason::other_block, "the chain changed while it was read"};
    readings_.insert_or_assign(question, std::move(answer));
  }
  /// Leaves a chain open: the member has a wallet there that is not among those of the judgement, so that what they
  /// hold together is unknown, whatever was read.
  void leave_open(const std::string& chain) { open_.insert(chain); }
  bool is_open(const std::string& chain) const { return open_.contains(chain); }
  /// The answer about a member without wallets: no, unless there are wallets that were not read.
  truth without_wallets() const { return open_.empty() ? truth::no : truth::unknown; }
  const any_reading<contract_answer>& find(const chain_read& question) const {
    static const reading<contract_answer, At> nothing{unknown_reason{unknown_reason::not_read, "nobody asked yet"}};
    static const reading<contract_answer, At> open{
      unknown_reason{unknown_reason::not_read, "a wallet that is a contract of this chain is not read yet"}};
    if (is_open(question.chain))
      return open;
    const auto found = readings_.find(question);
    return found == readings_.end() ? nothing : found->second;
  }

private:
  std::set<std::string> open_;
  std::map<chain_read, reading<contract_answer, At>> readings_;
  std::map<std::string, std::string> blocks_; ///< Hash by chain.
};

/// Result of judging a rule: the answer and the findings of its leaves.
struct judgement {
  std::string rule; ///< Id of the rule.
  wallets of;
  truth answer = truth::unknown;
  std::vector<finding> findings; ///< Of each leaf, in the order in which they are written.
};
/// Judges a rule for a member by what `lookup` finds. A member without wallets gets `without_wallets`, whatever the
/// leaves say: "less than 5" and NOT are true of nobody's wallets too, and would give to everybody.
judgement judge(const compiled_rule&, const wallets&, const lookup&, truth without_wallets = truth::no);

template <class At, truth Answer>
class ruling;
template <class At>
using verdict = std::variant<ruling<At, truth::yes>, ruling<At, truth::no>, ruling<At, truth::unknown>>;
/// Judges a rule for a member at the block `At`.
template <class At>
verdict<At> judge(const compiled_rule&, const wallets&, const answers<At>&);

/// A judgement at the block `At` that ended with `Answer`. Only `judge` makes one.
template <class At, truth Answer>
class ruling {
public:
  const judgement& details() const { return details_; }

private:
  friend verdict<At> judge<At>(const compiled_rule&, const wallets&, const answers<At>&);
  explicit ruling(judgement details) : details_{std::move(details)} {}
  judgement details_;
};

/// Judges as declared above.
template <class At>
verdict<At> judge(const compiled_rule& rule, const wallets& member, const answers<At>& read) {
  const lookup find = [&](const chain_read& question) -> const any_reading<contract_answer>& {
    return read.find(question);
  };
  auto details = judge(rule, member, find, read.without_wallets());
  switch (details.answer) {
    case truth::yes: return ruling<At, truth::yes>{std::move(details)};
    case truth::no: return ruling<At, truth::no>{std::move(details)};
    case truth::unknown: break;
  }
  return ruling<At, truth::unknown>{std::move(details)};
}

/// Returns the questions to read at the revoke block before a role is taken: those of positive leaves that said no and
/// of negative leaves that said yes. No other leaf can turn the rule's no at that block into yes or unknown.
std::vector<chain_read> reads_to_take(const compiled_rule&, const ruling<grant_block, truth::no>&);

/// Reason for giving a role: yes at the grant block.
class grant {
public:
  explicit grant(ruling<grant_block, truth::yes> why) : why_{std::move(why)} {}
  const judgement& why() const { return why_.details(); }

private:
  ruling<grant_block, truth::yes> why_;
};

/// Reason for taking a role: no at the revoke block, and still no at the grant block, so that a member who bought the
/// token after the revoke block keeps the role. Both are of the same rule and member; anything else is a bug.
class revocation {
public:
  revocation(ruling<grant_block, truth::no> near_tip, ruling<revoke_block, truth::no> deep);
  const judgement& near_tip() const { return near_tip_.details(); }
  const judgement& deep() const { return deep_.details(); }

private:
  ruling<grant_block, truth::no> near_tip_;
  ruling<revoke_block, truth::no> deep_;
};

} // namespace arrakis::rules
