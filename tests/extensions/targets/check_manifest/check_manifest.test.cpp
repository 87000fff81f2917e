#include "tests/extensions/targets/check_manifest/check_manifest.hpp"
#include "actors/outbox_relay/targets/target.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/log.hpp"
#include "tests/support/fakes/postgres.hpp"
#include "tests/support/fakes/signer.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/send.hpp>
#include <doctest/doctest.h>

namespace arrakis::targets {
const std::vector<const target*>& extensions(); // Written by the build.
}

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
/// A community with one manifest version, and a relay over it.
struct fixture {
  test::sim_system sim;
  test::fake_postgres db;
  test::fake_signer signer;
  community_id community{"6ba7b810-9dad-11d1-80b4-000000000011"};
  services available;
  std::vector<int64_t> inspected; ///< Versions in the book.
  outbox_relay::handle relay;

  explicit fixture(bool extended, bool genuine = true, bool has_book = true) {
    log::set_sink([](std::string_view) {});
    auto& t = db.tenants[community.value];
    t.row = {community, "Sietch", "basic", {1}, "active", 0, 0};
    manifests::record r{.community = community,
                        .version = 1,
                        .canonical = "{}",
                        .sha256 = sha256_hex("{}"),
                        .created_at = "2026-11-24T05:38:16.123Z"};
    r.signature = signer.sign(signing_bytes({r.community, r.version, r.sha256, "", r.created_at}));
    if (!genuine)
      r.created_at = "2027-11-24T05:38:16.123Z";
    t.versions[1] = r;
    db.rows.push_back(
      {.row = {.id = 1, .community = community, .kind = "check_manifest", .payload_json = R"({"version":1})"}});
    auto known = targets::all();
    if (extended)
      known.insert(known.end(), targets::extensions().begin(), targets::extensions().end());
    auto& sys = sim.sys();
    available.provide(db.manifests_port(sys));
    available.provide(signer.port(sys));
    if (has_book)
      available.provide(targets::check_manifest::inspection_book{
        [this](const community_id&, int64_t version) { inspected.push_back(version); }});
    relay = outbox_relay::start(sys, db.outbox_port(sys), available, {}, known);
    sim.advance(2s);
  }
  ~fixture() {
    caf::anon_send_exit(relay, caf::exit_reason::kill);
    sim.run();
    log::set_sink(nullptr);
  }
  const test::fake_postgres::owed& row() const { return db.rows.front(); }
};
} // namespace

TEST_CASE("extension: an outbox target carries its rows out, and closes them by the answer that it got") {
  const fixture genuine{true};
  CHECK(genuine.row().closed);
  CHECK(genuine.inspected == std::vector<int64_t>{1});
  const fixture forged{true, false};
  CHECK_FALSE(forged.row().closed);
  CHECK(forged.row().error.find("does not verify") != std::string::npos);
}

TEST_CASE("extension: negative control: without the folder of a target nobody takes its rows") {
  const fixture without{false};
  CHECK_FALSE(without.row().closed);
  CHECK(without.row().row.attempts == 0); // The row waits for a node that knows the target.
}

TEST_CASE(
  "extension: a target whose service this process lacks is left out, and its rows wait for a node that has it") {
  const fixture without{true, true, false};
  CHECK_FALSE(without.row().closed);
  CHECK(without.row().row.attempts == 0);
}
