#pragma once
// The rules of coroutines. A flow outlives the call that makes it: what it takes by reference, what its lambda has
// captured, and what an expression builds for it may be gone when it goes on, or be destroyed with it in the wrong
// order.
#include "tests/tidy/rules.hpp"

namespace arrakis::tidy {
/// Rule "coroutine": over the whole tree, since the types of messages are declared elsewhere.
void coroutines(const std::vector<source>&, std::vector<finding>& out);
} // namespace arrakis::tidy
