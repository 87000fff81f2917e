#pragma once
// What Redis says, made by hand.
#include "adapters/redis/messages.hpp"

#include <string>
#include <utility>
#include <vector>

namespace arrakis::test {
inline redis::reply text(std::string s) {
  redis::reply r;
  r.type = redis::reply::text;
  r.bytes = std::move(s);
  return r;
}
inline redis::reply number(int64_t n) {
  redis::reply r;
  r.type = redis::reply::integer;
  r.number = n;
  return r;
}
inline redis::reply list(std::vector<redis::reply> items) {
  redis::reply r;
  r.type = redis::reply::array;
  r.items = std::move(items);
  return r;
}
} // namespace arrakis::test
