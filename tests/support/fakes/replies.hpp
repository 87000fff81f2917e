#pragma once
// Replies of Redis, made by hand.
#include "adapters/redis/messages.hpp"

#include <string>
#include <utility>
#include <vector>

namespace arrakis::test {
/// A bulk string.
inline redis::reply text(std::string s) {
  redis::reply r;
  r.type = redis::reply::text;
  r.bytes = std::move(s);
  return r;
}
/// An integer.
inline redis::reply number(int64_t n) {
  redis::reply r;
  r.type = redis::reply::integer;
  r.number = n;
  return r;
}
/// An array.
inline redis::reply list(std::vector<redis::reply> items) {
  redis::reply r;
  r.type = redis::reply::array;
  r.items = std::move(items);
  return r;
}
} // namespace arrakis::test
