#pragma once
// The life of a community's members after the onboarding: they hold tokens, are checked and get roles; one sells.
#include "apps/demo/onboarding.hpp"

namespace arrakis::demo {

/// Three members join the guild of the stack with wallets of its EVM node, which an operator imports. Each types /check
/// and gets a role. One sells everything and loses the role; then the node stops answering, and nobody loses anything.
/// Tells each step with its ids. Needs a deployed community that counts the node's ERC-20, and a chain. Throws
/// std::runtime_error when a step shows something else than it should.
void check_members(local_stack&, const teller& say);

} // namespace arrakis::demo
