#pragma once
// Harnesses over the parsers of bytes from outside. One is a function over the bytes of an input: it must come back,
// within memory and time, and what it promises beyond that it asserts with ARRAKIS_ASSERT.
#include "runtime/assert.hpp"

#include <string_view>
#include <vector>

namespace arrakis::fuzz {
/// One parser to be fuzzed.
struct harness {
  std::string_view name; ///< Of its file, x_fuzz.cpp, and of its folder, corpus/x.
  void (*run)(std::string_view bytes);
};
/// Every harness of this folder (written by CMakeLists.txt).
const std::vector<harness>& all();
} // namespace arrakis::fuzz
