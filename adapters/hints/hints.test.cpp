#include "adapters/hints/hints.hpp"

#include "tests/support/redis_fixture.hpp"

#include <condition_variable>
#include <doctest/doctest.h>
#include <future>
#include <mutex>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
/// How often a subscriber was told.
class counter {
public:
  void add() {
    const std::scoped_lock lock{guard_};
    ++count_;
    changed_.notify_all();
  }
  bool reaches(int count) {
    std::unique_lock lock{guard_};
    return changed_.wait_for(lock, 20s, [&] { return count_ >= count; });
  }
  int count() {
    const std::scoped_lock lock{guard_};
    return count_;
  }

private:
  std::mutex guard_;
  std::condition_variable changed_;
  int count_ = 0;
};

struct fixture : test::redis_fixture {
  hints::publisher publish = hints::make_publisher(client);
  hints::subscriber subscribe = hints::make_subscriber(client);

  caf::error given(std::string_view topic, std::chrono::milliseconds within = 20s) {
    std::promise<caf::error> done;
    publish(topic, live.in(within), [&](caf::error e) { done.set_value(std::move(e)); });
    return done.get_future().get();
  }
};
} // namespace

TEST_CASE("hints: all subscribers of a topic are notified, and of another topic nothing") {
  counter here, elsewhere, other;
  fixture f;
  const auto first = f.subscribe(hints::fences, [&] { here.add(); });
  const auto second = f.subscribe(hints::fences, [&] { elsewhere.add(); });
  const auto third = f.subscribe("other", [&] { other.add(); });
  for (auto* each : {&here, &elsewhere, &other})
    REQUIRE(each->reaches(1)); // At the begin: something may have been missed.
  CHECK_FALSE(f.given(hints::fences));
  CHECK(here.reaches(2));
  CHECK(elsewhere.reaches(2));
  CHECK_FALSE(f.given("other"));
  CHECK(other.reaches(2));
  CHECK(here.count() == 2); // Negative control of the topic: one channel for all would have told it a third time.
}

TEST_CASE("hints: without Redis PUBLISH fails in time, and subscribers are notified when Redis is back") {
  counter here;
  fixture f;
  const auto subscription = f.subscribe(hints::fences, [&] { here.add(); });
  REQUIRE(here.reaches(1));
  f.server.kill();
  CHECK(f.given(hints::fences, 2s));
  CHECK(here.count() == 1); // Lost.
  f.server.start();
  CHECK(here.reaches(2));
}
