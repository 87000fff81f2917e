#include "runtime/secret.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value_from.hpp>
#include <cstddef>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <map>
#include <new>
#include <ostream>
#include <span>

using namespace arrakis;

namespace {
/// Memory that belongs to the test: what an object left in a block that it gave back can be read without a fault.
struct arena {
  static inline std::array<char, 16 << 10> bytes{};
  static inline size_t used = 0;
  static void reset() {
    bytes.fill(0);
    used = 0;
  }
  static bool holds(std::string_view text) { return std::ranges::search(bytes, text).begin() != bytes.end(); }
};
/// Never gives a block out twice.
template <class T>
struct arena_allocator {
  using value_type = T;
  arena_allocator() = default;
  template <class U>
  arena_allocator(const arena_allocator<U>&) {}
  T* allocate(size_t count) {
    REQUIRE(arena::used + count <= arena::bytes.size());
    return arena::bytes.data() + std::exchange(arena::used, arena::used + count);
  }
  void deallocate(T*, size_t) {}
  bool operator==(const arena_allocator&) const { return true; }
};
using watched = basic_secret<arena_allocator<char>>;
using plain = std::basic_string<char, std::char_traits<char>, arena_allocator<char>>;

/// An object in storage of the test, whose bytes can be read also after its end.
template <class T>
class placed {
public:
  template <class... Args>
  explicit placed(Args&&... args) : object_(new(storage_.data()) T(std::forward<Args>(args)...)) {}
  placed(const placed&) = delete;
  placed& operator=(const placed&) = delete;
  ~placed() { end(); }
  T& operator*() { return *object_; }
  T* operator->() { return object_; }
  void end() {
    if (T* ended = std::exchange(object_, nullptr))
      ended->~T();
  }
  bool holds(std::string_view text) const {
    const std::span<const char> seen{reinterpret_cast<const char*>(storage_.data()), storage_.size()};
    return std::ranges::search(seen, text).begin() != seen.end();
  }

private:
  alignas(T) std::array<std::byte, sizeof(T)> storage_{};
  T* object_;
};

bool reads(const watched& one, std::string_view text) {
  return one.lend([&](std::string_view plain_text) { return plain_text == text; });
}
/// One that std::string keeps in itself, and one that it does not.
const std::array<std::string, 2> texts{"tok-1", std::string(40, 'k') + "-long-secret"};

template <class T>
constexpr bool prints = requires(std::ostream& out, const T& x) { out << x; };
template <class T>
constexpr bool orders = requires(const T& x) { x < x; };
template <class T>
constexpr bool hashes = requires(const T& x) { std::hash<T>{}(x); };
template <class Use>
constexpr bool lends_to = requires(const secret& x, Use use) { x.lend(use); };
} // namespace

// Negative control: each of these can be done with the text itself.
static_assert(prints<std::string> && orders<std::string> && hashes<std::string>);
static_assert(fmt::is_formattable<std::string>::value && boost::json::has_value_from<std::string>::value);
static_assert(!prints<secret> && !orders<secret> && !hashes<secret>);
static_assert(!fmt::is_formattable<secret>::value && !boost::json::has_value_from<secret>::value);
static_assert(!std::is_convertible_v<secret, std::string> && !std::is_convertible_v<secret, std::string_view>);
static_assert(!std::is_convertible_v<secret, const char*> && !std::is_convertible_v<secret, bool>);
// Nor does a loan outlive its call.
static_assert(lends_to<std::size_t (*)(std::string_view)> && !lends_to<std::string_view (*)(std::string_view)>);
static_assert(!lends_to<std::string (*)(std::string_view)> && !lends_to<const char* (*)(std::string_view)>);
static_assert(std::is_nothrow_move_constructible_v<secret> && std::is_nothrow_move_assignable_v<secret>);

TEST_CASE("secret: a value is lent, compared and put together") {
  const secret one{"tok"}, other{std::string_view{"tok"}}, longer{std::string{"token"}};
  CHECK(one == other);
  CHECK_FALSE(one == longer);
  CHECK_FALSE(one == secret{"tic"});
  CHECK(one == "tok");
  CHECK(secret{}.empty());
  CHECK(secret{""} == secret{});
  CHECK(secret::concat("Bot ", one, std::string{"!"}) == "Bot tok!");
  CHECK(secret::concat("", secret{}) == secret{});
  one.lend([](std::string_view text) { CHECK(text.data()[text.size()] == '\0'); });
  CHECK(secret{}.lend([](std::string_view text) { return std::strlen(text.data()); }) == 0);
  secret self{"tok"};
  auto& again = self;
  self = again;
  CHECK(self == "tok");
  self = std::move(again);
  CHECK(self == "tok");
}

TEST_CASE("secret: after its end, a move, an overwrite or clear() its memory holds it no more") {
  for (const auto& text : texts) {
    CAPTURE(text.size());
    arena::reset();
    placed<watched> first{std::string_view{text}};
    CHECK(arena::holds(text)); // The search finds the text while it exists.
    placed<watched> second{std::move(*first)};
    CHECK(reads(*second, text));
    CHECK(first->empty());
    first.end();
    CHECK_FALSE(first.holds(text));
    CHECK_FALSE(second.holds(text)); // The object itself never holds it.

    *second = watched{"another value"};
    CHECK_FALSE(arena::holds(text));
    CHECK(arena::holds("another value"));
    const watched kept{std::string_view{text}};
    *second = kept;
    CHECK_FALSE(arena::holds("another value"));
    *second = watched{};
    second->clear();
    CHECK(reads(kept, text));
  }
  arena::reset();
  {
    const watched whole = watched::concat("Bot ", watched{"tok-1"});
    CHECK(arena::holds("Bot tok-1"));
  }
  CHECK_FALSE(arena::holds("tok-1"));
}

TEST_CASE("secret: negative control: text in a std::string stays in memory") {
  // Shorter than its own buffer: a move leaves it in the object that was moved from.
  placed<plain> moved_from{"tok-1"};
  const plain taken{std::move(*moved_from)};
  moved_from.end();
  CHECK(moved_from.holds("ok-1")); // The first byte is the new end.
  arena::reset();
  { const plain ended{texts[1].begin(), texts[1].end()}; }
  CHECK(arena::holds(texts[1]));
  arena::reset();
  plain overwritten{texts[1].begin(), texts[1].end()};
  overwritten = "x";
  CHECK(arena::holds(texts[1].substr(2)));
}

TEST_CASE("secret: the text that one is made from by a move is wiped, wherever it lay") {
  for (const auto& text : texts) {
    CAPTURE(text.size());
    placed<std::string> source{text};
    const secret taken{std::move(*source)};
    CHECK(taken == text);
    CHECK(source->empty());
    source.end();
    CHECK_FALSE(source.holds(std::string_view{text}.substr(1)));
  }
  std::string reused(100, 's');
  reused.resize(3); // Bytes behind the end are wiped too.
  const auto* before = reused.data();
  wipe(reused);
  reused.resize(100, 'x');
  CHECK(reused.data() == before);
}
