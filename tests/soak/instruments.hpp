#pragma once
// Measurements from outside while a soak runs: /proc, Redis, the sandbox's own counts.
#include "tests/soak/judge.hpp"
#include "tests/system/test_stack.hpp"

namespace arrakis::soak {

/// The same moment everywhere, as far as that goes. `t_s` and `deployments` are the caller's.
sample measure(system_test::test_stack&);
/// Measures the state before the first and after the last click.
rest measure_rest(system_test::test_stack&);
/// Interactions that the application answered so far.
int64_t interactions_answered(system_test::test_stack&);

} // namespace arrakis::soak
