#include "apps/arrakisd/readiness.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

namespace {
using list = std::vector<door::dependency>;

/// Questions that were asked and not answered yet.
struct asked {
  std::vector<readiness::done> open;
  std::function<void(readiness::done)> ask() {
    return [this](readiness::done tell) { open.push_back(std::move(tell)); };
  }
  void answer(const std::string& detail) {
    const auto tell = std::move(open.front());
    open.erase(open.begin());
    tell({{"database", true, detail}});
  }
};
} // namespace

TEST_CASE("readiness: however many ask at once, one question is under way, and each gets its answer") {
  asked to;
  const auto shared = readiness::shared(to.ask());
  std::vector<std::string> heard;
  const auto hear = [&](const list& got) { heard.push_back(got.at(0).detail); };
  for (int i = 0; i < 100; ++i)
    shared(hear);
  REQUIRE(to.open.size() == 1);
  to.answer("first");
  CHECK(heard == std::vector<std::string>(100, "first"));
  shared(hear); // What was answered is no answer to who asks later.
  REQUIRE(to.open.size() == 1);
  to.answer("second");
  CHECK(heard.size() == 101);
  CHECK(heard.back() == "second");
}

TEST_CASE("readiness: who asks from within an answer, or after one that never came, is answered") {
  asked to;
  const auto shared = readiness::shared(to.ask());
  int heard = 0;
  shared([&](const list&) { shared([&](const list&) { ++heard; }); });
  to.answer("first");
  REQUIRE(to.open.size() == 1);
  to.answer("second");
  CHECK(heard == 1);
  shared([&](const list&) { heard = -1; });
  to.open.clear(); // Its actor has ended without a word.
  shared([&](const list&) { ++heard; });
  REQUIRE(to.open.size() == 1);
  to.answer("third");
  CHECK(heard == 2);
}
