#include "runtime/exception.hpp"

#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <stdexcept>

using namespace arrakis;

namespace {
struct order {
  bool number = false;
};
using thrower = caf::typed_actor<caf::reacts_to<order>>;

std::string reason_of(bool number) {
  test::sim_system sim;
  const auto body = [](thrower::pointer self) -> thrower::behavior_type {
    keep_exception_text(self);
    return {[](order x) {
      if (x.number)
        throw 42;
      throw std::runtime_error("planted");
    }};
  };
  const auto actor = sim.sys().spawn(body);
  caf::scoped_actor self{sim.sys()};
  self->monitor(actor);
  caf::anon_send(actor, order{number});
  sim.run();
  std::string text;
  self->receive([&](const caf::down_msg& down) { text = text_of(down.reason); });
  return text;
}
} // namespace

TEST_CASE("exception: whatever a handler throws ends its actor alone, and the reason says what it was") {
  CHECK(reason_of(false).find("planted") != std::string::npos);
  CHECK(reason_of(true).find("no std::exception") != std::string::npos);
}
