#include "runtime/log.hpp"

#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/log_rate_limit.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;

namespace {
std::vector<std::string> lines;

struct captured {
  captured() {
    lines.clear();
    log::set_sink([](std::string_view line) { lines.emplace_back(line); });
    set_wall_clock([]() -> int64_t { return 1'700'000'000'123; });
  }
  ~captured() {
    log::set_sink(nullptr);
    log::set_level(log::level::info);
    set_wall_clock(nullptr);
  }
};
} // namespace

TEST_CASE("log: a line is one JSON object with time, level, event and the fields in order") {
  captured scope;
  log::warn("lock_lost", {{"job", "17"}, {"attempt", 2}});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]
        == R"({"time":"2023-11-14T22:13:20.123Z","level":"warn","event":"lock_lost","job":"17","attempt":"2"})");
}

TEST_CASE("log: what comes often is said once in a while, with how often it was") {
  using namespace std::chrono_literals;
  log::rate_limit line{10s};
  const auto start = std::chrono::steady_clock::now();
  CHECK(line.due(start) == 1);
  for (int i = 1; i < 100; ++i)
    CHECK_FALSE(line.due(start + i * 100ms));
  CHECK(line.due(start + 10s) == 100);
  CHECK_FALSE(line.due(start + 19s));
  CHECK(line.due(start + 21s) == 2);
}

TEST_CASE("log: whatever a field holds, the line stays one line of valid JSON") {
  captured scope;
  log::info("odd",
            {{"a", std::string{"\"\\\n\r\0\x7f", 6}}, {"b", "\xff\xed\xa0\x80\xe2\x82"}, {"c", "\xf0\x9f\x98\x80"}});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find('\n') == std::string::npos);
  auto tree = json::parse(lines[0]);
  REQUIRE(tree);
  CHECK(json::text_or(tree->as_object(), "a") == std::string_view{"\"\\\n\r\0\x7f", 6});
  CHECK(json::text_or(tree->as_object(), "c") == "\xf0\x9f\x98\x80");
}

TEST_CASE("log: what acts on a terminal or a reader is written out, and every other character is kept") {
  captured scope;
  for (const auto* acts : {"\x1b", "\x7f", "\u0080", "\u009b", "\u009f", "\u2028", "\u2029", "\u202a", "\u202e",
                           "\u2066", "\u2069", "\u200e", "\u200f", "\u061c", "\ufeff"}) {
    lines.clear();
    log::info("odd", {{"a", acts}});
    CHECK(lines[0].find(acts) == std::string::npos);
    CHECK(json::text_or(json::parse(lines[0])->as_object(), "a") == acts); // Nothing is lost.
  }
  for (const auto* kept : {"é", "\u00a0", "\u061b", "\u2027", "\u2030", "\u2070", "\ufefe", "\u200d", "沙", "😀"}) {
    lines.clear();
    log::info("odd", {{"a", kept}});
    CHECK(lines[0].find(kept) != std::string::npos);
  }
}

TEST_CASE("log: lines below the lowest level are dropped") {
  captured scope;
  log::debug("unseen");
  CHECK(lines.empty());
  log::set_level(log::level::debug);
  log::debug("seen");
  CHECK(lines.size() == 1);
}
