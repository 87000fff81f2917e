#pragma once
// Ids of Discord, made by a test.
#include "schemas/ids.hpp"

namespace arrakis::test {

/// The oldest id of that millisecond. docs/reference, "Snowflakes": the upper 42 bits count from 2015.
inline snowflake snowflake_at(int64_t unix_ms) {
  return {static_cast<uint64_t>(unix_ms - snowflake{}.made_at_ms()) << 22};
}

} // namespace arrakis::test
