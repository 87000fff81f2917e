#pragma once
// Programs of a test whose wall clocks differ.
#include <chrono>
#include <string>
#include <vector>

namespace arrakis::test {

/// The environment of a program whose wall clock is to be `ahead` (negative: behind). Empty for zero.
/// `preloaded`: another library that it is started with.
std::vector<std::string> skewed_clock(std::chrono::milliseconds ahead, const std::string& preloaded = {});

} // namespace arrakis::test
