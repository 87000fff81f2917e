#include "tests/contracts/objects.hpp"

#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/contracts/asking.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

namespace arrakis::contracts {
namespace {
using namespace arrakis::objects;

const community_id one{"6ba7b810-9dad-11d1-80b4-00c04fd430c8"};
const community_id other{"6ba7b811-9dad-11d1-80b4-00c04fd430c8"};

void check_same(const snapshot& a, const snapshot& b) {
  CHECK(a.community == b.community);
  CHECK(a.version == b.version);
  CHECK(a.canonical == b.canonical);
  CHECK(a.sha256 == b.sha256);
  CHECK(a.previous_sha256 == b.previous_sha256);
  CHECK(a.created_at == b.created_at);
  CHECK(a.created_by == b.created_by);
  CHECK(a.signature == b.signature);
}

void stores_and_reads(caf::actor_system& sys, const handle& to) {
  CHECK(code_of(ask<snapshot>(sys, to, get{one, 0, soon()}).error()) == ec::not_found);
  CHECK(code_of(ask<snapshot>(sys, to, get{one, 1, soon()}).error()) == ec::not_found);
  CHECK(ask<versions>(sys, to, list{one, soon()})->list.empty());

  const auto first = sample_snapshot(one, 1, "first");
  const auto key = ask<stored>(sys, to, put{first, soon()});
  REQUIRE_MESSAGE(key, text_of(key.error()));
  CHECK(key->key == "manifests/" + one.value + "/versions/v000001.json");
  REQUIRE(ask<stored>(sys, to, put{sample_snapshot(one, 10, "tenth"), soon()}));
  REQUIRE(ask<stored>(sys, to, put{sample_snapshot(one, 2, "second"), soon()}));

  check_same(*ask<snapshot>(sys, to, get{one, 1, soon()}), first);
  CHECK(ask<snapshot>(sys, to, get{one, 0, soon()})->version == 10);
  CHECK(ask<versions>(sys, to, list{one, soon()})->list == std::vector<int64_t>{10, 2, 1});
  CHECK(ask<versions>(sys, to, rebuild_index{one, soon()})->list == std::vector<int64_t>{10, 2, 1});
  CHECK(ask<versions>(sys, to, list{other, soon()})->list.empty());
}

void never_overwrites(caf::actor_system& sys, const handle& to) {
  const auto first = sample_snapshot(other, 1, "first");
  REQUIRE(ask<stored>(sys, to, put{first, soon()}));
  CHECK(ask<stored>(sys, to, put{first, soon()}));
  CHECK(code_of(ask<stored>(sys, to, put{sample_snapshot(other, 1, "else"), soon()}).error()) == ec::conflict);
  auto signed_again = first;
  signed_again.signature = "vault:v2:other";
  CHECK(code_of(ask<stored>(sys, to, put{signed_again, soon()}).error()) == ec::conflict);
  check_same(*ask<snapshot>(sys, to, get{other, 1, soon()}), first);
}

/// A foreign object loses its place to the database's, and stays under its hash.
void sets_aside(caf::actor_system& sys, const handle& to) {
  const community_id restored{"6ba7b812-9dad-11d1-80b4-00c04fd430c8"};
  const auto lost = sample_snapshot(restored, 2, "lost"), right = sample_snapshot(restored, 2, "right");
  REQUIRE(ask<stored>(sys, to, put{lost, soon()}));
  CHECK(code_of(ask<stored>(sys, to, put{right, soon()}).error()) == ec::conflict); // Without an order nothing moves.
  check_same(*ask<snapshot>(sys, to, get{restored, 2, soon(), {}}), lost);
  const auto done = ask<stored>(sys, to, supersede{right, soon()});
  REQUIRE_MESSAGE(done, text_of(done.error()));
  CHECK(done->key == "manifests/" + restored.value + "/versions/v000002.json");
  CHECK(done->aside.starts_with("manifests/" + restored.value + "/aside/v000002-"));
  check_same(*ask<snapshot>(sys, to, get{restored, 2, soon(), {}}), right);
  const auto all = ask<versions>(sys, to, list{restored, soon()});
  CHECK(all->list == std::vector<int64_t>{2});
  REQUIRE(all->aside.size() == 1);
  CHECK(all->aside[0].version == 2);
  CHECK(done->aside.find(all->aside[0].hash) != std::string::npos);
  check_same(*ask<snapshot>(sys, to, get{restored, 2, soon(), all->aside[0].hash}), lost);
  // Again: nothing more happens. And back: both are kept.
  CHECK(ask<stored>(sys, to, supersede{right, soon()})->aside.empty());
  CHECK_FALSE(ask<stored>(sys, to, supersede{lost, soon()})->aside.empty());
  CHECK(ask<versions>(sys, to, list{restored, soon()})->aside.size() == 2);
  // Where nothing is it is a put; and no other name is a hash.
  CHECK(ask<stored>(sys, to, supersede{sample_snapshot(restored, 3, "x"), soon()})->aside.empty());
  CHECK(code_of(ask<snapshot>(sys, to, get{restored, 2, soon(), std::string(64, '0')}).error()) == ec::not_found);
  for (const auto* bad : {"x", "../../../etc/passwd", "/"})
    CHECK(code_of(ask<snapshot>(sys, to, get{restored, 2, soon(), bad}).error()) == ec::invalid);
}

void refuses(caf::actor_system& sys, const handle& to) {
  for (const char* id : {"", "..", "../../etc", "6ba7b810-9dad-11d1-80b4-00c04fd430c8/../..",
                         "00000000-0000-0000-0000-000000000000", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"}) {
    const community_id bad{id};
    CHECK(code_of(ask<stored>(sys, to, put{sample_snapshot(bad, 1, "x"), soon()}).error()) == ec::invalid);
    CHECK(code_of(ask<snapshot>(sys, to, get{bad, 1, soon()}).error()) == ec::invalid);
    CHECK(code_of(ask<snapshot>(sys, to, get{bad, 0, soon()}).error()) == ec::invalid);
    CHECK(code_of(ask<versions>(sys, to, list{bad, soon()}).error()) == ec::invalid);
    CHECK(code_of(ask<versions>(sys, to, rebuild_index{bad, soon()}).error()) == ec::invalid);
  }
  for (const int64_t version : {int64_t{-1}, int64_t{1'000'000}})
    CHECK(code_of(ask<snapshot>(sys, to, get{one, version, soon()}).error()) == ec::invalid);
  auto bad = sample_snapshot(one, 3, "x");
  bad.sha256 = sha256_hex("other");
  CHECK(code_of(ask<stored>(sys, to, put{bad, soon()}).error()) == ec::invalid);
  bad = sample_snapshot(one, 3, "x");
  bad.canonical += " ";
  bad.sha256 = sha256_hex(bad.canonical);
  CHECK(code_of(ask<stored>(sys, to, put{bad, soon()}).error()) == ec::invalid);
  CHECK(code_of(ask<stored>(sys, to, put{sample_snapshot(one, 3, "x"), gone()}).error()) == ec::timeout);
  CHECK(code_of(ask<snapshot>(sys, to, get{one, 3, soon()}).error()) == ec::not_found);
}
} // namespace

snapshot sample_snapshot(const community_id& community, int64_t version, const std::string& mark) {
  snapshot s;
  s.community = community;
  s.version = version;
  s.canonical = *canonical_json(boost::json::object{{"schemaVersion", "1"}, {"mark", mark}, {"é", 0.5}});
  s.sha256 = sha256_hex(s.canonical);
  s.previous_sha256 = version > 1 ? sha256_hex("previous") : "";
  s.created_at = "2026-11-24T05:38:16.123Z";
  s.created_by = "subject-1";
  s.signature = "vault:v1:text";
  return s;
}

void objects(caf::actor_system& sys, const handle& fresh) {
  stores_and_reads(sys, fresh);
  never_overwrites(sys, fresh);
  sets_aside(sys, fresh);
  refuses(sys, fresh);
}

} // namespace arrakis::contracts
