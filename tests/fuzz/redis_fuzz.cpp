// Replies of Redis: cut by the byte or read at once, the stream gives the same.
#include "adapters/redis/wire.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace arrakis::fuzz {
namespace {
bool same(const redis::reply& a, const redis::reply& b) {
  if (a.type != b.type || a.number != b.number || a.bytes != b.bytes || a.items.size() != b.items.size())
    return false;
  for (size_t i = 0; i < a.items.size(); ++i)
    if (!same(a.items[i], b.items[i]))
      return false;
  return true;
}
} // namespace

void redis(std::string_view bytes) {
  arrakis::redis::reader whole;
  whole.feed(bytes);
  std::vector<arrakis::redis::reply> expected;
  while (auto next = whole.next())
    expected.push_back(std::move(*next));

  arrakis::redis::reader slow;
  size_t count = 0;
  for (const char byte : bytes) {
    slow.feed({&byte, 1});
    while (const auto next = slow.next()) {
      ARRAKIS_ASSERT(count < expected.size() && same(*next, expected[count]), "pieces give the same replies");
      ++count;
    }
  }
  ARRAKIS_ASSERT(count == expected.size(), "pieces give all replies");
}
} // namespace arrakis::fuzz
