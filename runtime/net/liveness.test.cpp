#include "runtime/net/liveness.hpp"

#include "runtime/net/io.hpp"
#include "runtime/registry/spawn.hpp"
#include "tests/support/live_system.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>
#include <future>
#include <thread>

using namespace arrakis;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {
template <class Condition>
void until(Condition holds) {
  while (!holds())
    std::this_thread::yield();
}

/// Stands still until it is let go.
struct blocked {
  std::promise<void> reached, may_go_on;
  std::shared_future<void> go_on = may_go_on.get_future().share();
  void stand_still() {
    reached.set_value();
    go_on.wait();
  }
};
} // namespace

TEST_CASE("liveness: what does not answer for five turns is named, until it answers") {
  net::beats all{5};
  std::vector<std::function<void()>> kept;
  all.add("quick", [](auto answer) { answer(); });
  all.add("stuck", [&](auto answer) { kept.push_back(answer); });
  for (int i = 0; i < 5; ++i) {
    CHECK(all.silent().empty());
    all.turn();
  }
  CHECK(all.silent().empty()); // The first turn asked, four have passed in vain.
  all.turn();
  CHECK(all.silent() == names{"stuck"});
  CHECK(kept.size() == 1); // Never more than one beat waits behind what is stuck.
  kept.front()();
  all.turn();
  CHECK(all.silent().empty());
}

TEST_CASE("liveness: an io thread that stands still is named, and no other one") {
  test::live_system live;
  net::io watched{2}, own{1};
  net::liveness alive{live.sys(), watched, own, 5ms};
  blocked second;
  boost::asio::post(*watched.all()[1], [&] { second.stand_still(); });
  second.reached.get_future().wait();
  until([&] { return !alive.silent().empty(); });
  CHECK(alive.silent() == names{"io-2"});
  second.may_go_on.set_value();
  until([&] { return alive.silent().empty(); });
}

TEST_CASE("liveness: a scheduler whose workers all stand still is named") {
  test::live_system live{2};
  net::io watched{1}, own{1};
  net::liveness alive{live.sys(), watched, own, 5ms};
  blocked one, two;
  for (auto* each : {&one, &two})
    caf::anon_send(live.keep(registry::spawn(live.sys(), {"stuck"},
                                             [each](caf::event_based_actor*) -> caf::behavior {
                                               return {[each](int) { each->stand_still(); }};
                                             })),
                   1);
  one.reached.get_future().wait();
  two.reached.get_future().wait();
  until([&] { return !alive.silent().empty(); });
  CHECK(alive.silent() == names{"scheduler"});
  one.may_go_on.set_value();
  two.may_go_on.set_value();
  until([&] { return alive.silent().empty(); });
}
