#pragma once
// The decision about one role of one member. Pure. A role is given for a yes near the tip, and taken for a no near the
// tip and a no at the block that takes: nothing else makes one of the two, and the compiler knows it
// (docs/decisions/0020).
#include "actors/rules/judgement.hpp"
#include "schemas/verdict.hpp"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace arrakis::verdicts {

template <class At>
class tier_judge;

/// The answer of what grants a role (a rule, or a tier) at the block `At`.
template <class At>
class source_answer {
public:
  /// The answer of a rule.
  static source_answer of(const rules::verdict<At>& rule) {
    return source_answer{std::visit([](const auto& ruling) { return ruling.details().answer; }, rule)};
  }
  /// The answer that was not asked for.
  static source_answer unread() { return source_answer{truth::unknown}; }
  /// The answer of a condition that does not exist: it keeps nobody out.
  static source_answer everybody() { return source_answer{truth::yes}; }
  /// Yes when one of them says yes, and no only when all of them do. Nothing grants: no.
  static source_answer any_of(const std::vector<source_answer>& sources) {
    auto best = truth::no;
    for (const auto& each : sources)
      best = std::max(best, each.value_);
    return source_answer{best};
  }
  truth value() const { return value_; }

private:
  friend class tier_judge<At>;
  explicit source_answer(truth value) : value_{value} {}
  truth value_;
};

template <class At, truth Answer>
class settled;
template <class At>
using settled_answer = std::variant<settled<At, truth::no>, settled<At, truth::unknown>, settled<At, truth::yes>>;
/// Makes the answer a part of the type.
template <class At>
settled_answer<At> settle(const source_answer<At>&);

/// An answer that is `Answer` at the block `At`. Only `settle` makes one.
template <class At, truth Answer>
class settled {
private:
  friend settled_answer<At> settle<At>(const source_answer<At>&);
  settled() = default;
};

/// Makes it as declared above.
template <class At>
settled_answer<At> settle(const source_answer<At>& answer) {
  switch (answer.value()) {
    case truth::no: return settled<At, truth::no>{};
    case truth::yes: return settled<At, truth::yes>{};
    case truth::unknown: break;
  }
  return settled<At, truth::unknown>{};
}

/// A role that the member gets.
class given {
public:
  explicit given(settled<grant_block, truth::yes>) {}
};
/// A role that the member loses.
class taken {
public:
  taken(settled<grant_block, truth::no> near_tip [[maybe_unused]],
        settled<revoke_block, truth::no> deep [[maybe_unused]]) {}
};
/// A role that the member had and keeps.
struct kept {
  role_reason why;
};
/// A role that the member did not have and does not get.
struct withheld {
  role_reason why;
};
/// One of the four.
using decision = std::variant<given, taken, kept, withheld>;

/// The state of the role and the member before.
struct role_before {
  bool was_entitled = false;         ///< The verdict before this one gave or kept it.
  std::optional<bool> is_there = {}; ///< In Discord. Empty: nobody looked.
  bool is_unsettled = false;         ///< A verdict gave or took the role, and nobody has seen it so since.
};
/// True if a verdict may take the role: the member was to have it, or a taking of it is not seen done. A role that was
/// given by hand is neither.
bool may_be_taken(const role_before&);

/// Decides about one role. `deep` is `unread` where nothing can be taken anyway. A role that the member is to have
/// and that is not there in Discord, as far as anybody knows, is given again; one that was taken and may be there still
/// is taken again.
decision decide(const source_answer<grant_block>& near_tip, const source_answer<revoke_block>& deep,
                const role_before&);

} // namespace arrakis::verdicts
