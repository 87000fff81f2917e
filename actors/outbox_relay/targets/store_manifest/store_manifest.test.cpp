#include "actors/outbox_relay/relay_fixture.test.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::outbox_relay::test_bench;

TEST_CASE("store_manifest: a foreign object is set aside for a version that verifies, and the right one is stored") {
  fixture h;
  h.foreign.insert(tenant(1).value + "/2");
  h.owe_store(1, 2);
  h.start();
  h.sim.advance(5s);
  CHECK(h.open() == 0);
  CHECK(h.set_aside == std::vector<std::string>{tenant(1).value + "/2"});
  CHECK(h.objects.contains(tenant(1).value + "/2"));
}

TEST_CASE("store_manifest: nothing is set aside for a record that does not verify, or that nobody can judge yet") {
  fixture h;
  h.foreign.insert(tenant(1).value + "/2");
  h.forged = true;
  h.owe_store(1, 2);
  h.start();
  h.sim.advance(120s);
  CHECK(h.open() == 1);
  CHECK(h.rows.begin()->second.error.find("does not verify") != std::string::npos);
  CHECK(h.set_aside.empty());
  // Negative control: the same record, genuine.
  h.forged = false;
  h.signer.refusal = "no key";
  h.signer.anchored = false;
  h.sim.advance(3'600s);
  CHECK(h.open() == 1);
  CHECK(h.set_aside.empty());
  h.signer.refusal.clear();
  h.sim.advance(3'600s);
  CHECK(h.open() == 0);
  CHECK(h.set_aside.size() == 1);
}
