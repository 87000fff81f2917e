#pragma once
// The rules of coroutines. A flow outlives the call that makes it: parameters taken by reference, captures of its
// lambda and temporaries of its call may be gone when it is resumed, or be destroyed with it in the wrong
// order.
#include "tests/tidy/rules.hpp"

namespace arrakis::tidy {
/// Rule "coroutine". Reads the whole tree, since the types of messages are declared elsewhere.
void coroutines(const std::vector<source>&, std::vector<finding>& out);
} // namespace arrakis::tidy
