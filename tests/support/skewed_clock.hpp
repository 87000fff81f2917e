#pragma once
// Programs of a test whose wall clocks differ.
#include <chrono>
#include <string>
#include <vector>

namespace arrakis::test {

/// What a program must find in its environment so that its wall clock is `ahead` (negative: behind). Nothing for zero.
/// `preloaded`: another library that it is started with.
std::vector<std::string> skewed_clock(std::chrono::milliseconds ahead, const std::string& preloaded = {});

} // namespace arrakis::test
