// Queue, objects and signer in memory, under the contracts that the real ones keep in their own tests; and the queue
// over Redis beside it.
#include "tests/contracts/objects.hpp"
#include "tests/contracts/queue.hpp"
#include "tests/contracts/signer.hpp"
#include "tests/support/fakes/budget.hpp"
#include "tests/support/fakes/objects.hpp"
#include "tests/support/fakes/queue.hpp"
#include "tests/support/fakes/signer.hpp"
#include "tests/support/live_system.hpp"
#include "tests/support/queue_fixture.hpp"

using namespace arrakis;

TEST_CASE("the queue in memory keeps the contract of the queue") {
  contracts::queue([] {
    struct fixture {
      test::fake_queue queue;
      std::shared_ptr<queue::test::desk> visits = std::make_shared<queue::test::desk>();
      test::live_system live{1};
    };
    static std::unique_ptr<fixture> at; // One at a time; its actors end before what they use.
    at = nullptr;
    at = std::make_unique<fixture>();
    auto& sys = at->live.sys();
    return contracts::queue_bench{sys, at->live.keep(at->queue.port(sys)), [&sys] {
                                    auto clerk = at->live.keep(sys.spawn(queue::test::clerking, at->visits));
                                    at->live.keep(at->queue.worker(sys, caf::actor_cast<queue::processor>(clerk),
                                                                   nullptr, std::chrono::milliseconds{5}));
                                  }};
  });
}

TEST_CASE("the queue over Redis keeps the contract of the queue") {
  static std::unique_ptr<queue::test::queue_fixture> at;
  contracts::queue([] {
    at = std::make_unique<queue::test::queue_fixture>();
    return contracts::queue_bench{at->sys, at->queue, [] { at->new_worker(at->new_clerk()); }};
  });
  at = nullptr;
}

TEST_CASE("objects in memory keep the contract of the object store") {
  test::fake_objects objects;
  test::live_system live{1};
  contracts::objects(live.sys(), live.keep(objects.port(live.sys())));
}

TEST_CASE("the signer in memory keeps the contract of the signer") {
  test::fake_signer signer;
  test::live_system live{1};
  contracts::signer(live.sys(), live.keep(signer.port(live.sys())));
}
