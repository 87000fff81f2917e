#include "adapters/postgres/signing_keys/signing_keys.hpp"

#include "adapters/postgres/audit/audit.hpp"
#include "adapters/signer/signature.hpp"
#include "tests/support/fakes/signer.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using namespace signing_keys;

const std::string other(64, 'a');

struct bench : test::stores {
  signing_keys::handle anchor = live.keep(signing_keys::start(live.sys(), app));
  audit::handle audit = live.keep(audit::start(live.sys(), app));
  test::fake_signer keys; ///< `newest`: the version that signs.

  std::string hex(int version) {
    keys.newest = std::max(keys.newest, version);
    return keys.keys().hex_by_version.at(static_cast<size_t>(version - 1)).second;
  }
  /// A stored manifest of `community`, signed by key `version` as `said`.
  void manifest(const community_id& of, int64_t number, int version, int said = 0) {
    keys.newest = version;
    const std::string canonical = fmt::format(R"({{"v":{}}})", number), previous = number == 1 ? "" : other;
    const manifest_statement statement{of, number, sha256_hex(canonical), previous, "2026-11-24T05:38:16.123Z"};
    auto text = keys.sign(signing_bytes(statement));
    if (said > 0)
      text.replace(text.find(":v") + 2, 1, std::to_string(said));
    owner(
      fmt::format("insert into manifests (community_id, version, content, canonical, sha256, previous_sha256,"
                  " signature, signed_at) values ('{}', {}, '{}', convert_to('{}', 'UTF8'), '{}', '{}', '{}', '{}')",
                  of.value, number, canonical, canonical, statement.sha256, previous, text, statement.created_at));
  }
  signing_keys::anchor order(key_list list, bool audited = false) {
    return {std::move(list), "adopted", "system", audited, soon()};
  }
  ec refused(key_list list) { return code<anchored>(anchor, order(std::move(list))); }
  key_list there() { return get<anchored>(anchor, load{soon()}).keys; }
};
} // namespace

TEST_CASE("signing_keys: of an empty database nothing is anchored, and any first key may be") {
  bench b;
  const auto before = b.get<anchored>(b.anchor, load{b.soon()});
  CHECK(before.keys.empty());
  CHECK(before.newest_used == 0);
  CHECK(b.get<anchored>(b.anchor, b.order({{1, b.hex(1)}})).keys == key_list{{1, b.hex(1)}});
  CHECK(b.there() == key_list{{1, b.hex(1)}});
}

TEST_CASE("signing_keys: it grows upwards only, and what is there stays what it is") {
  bench b;
  b.get<anchored>(b.anchor, b.order({{2, b.hex(2)}}));
  CHECK(b.refused({{2, other}}) == ec::conflict);
  CHECK(b.refused({{1, b.hex(1)}}) == ec::conflict);
  CHECK(b.refused({{3, b.hex(2)}}) == ec::conflict); // The same key under two versions.
  CHECK(b.refused({{3, "no key"}}) == ec::invalid);
  CHECK(b.get<anchored>(b.anchor, b.order({{2, b.hex(2)}, {3, b.hex(3)}})).keys.size() == 2);
}

TEST_CASE(
  "signing_keys: where manifests are stored a key is anchored only if it verifies the newest of each community") {
  bench b;
  const auto one = b.community(1), two = b.community(2);
  b.manifest(one, 1, 1);
  b.manifest(two, 1, 1);
  b.manifest(two, 2, 1);
  CHECK(b.get<anchored>(b.anchor, load{b.soon()}).newest_used == 1);
  CHECK(b.refused({{1, b.hex(2)}}) == ec::refused);
  b.manifest(one, 2, 2, 1); // By another node's own "version 1".
  CHECK(b.refused({{1, b.hex(1)}}) == ec::refused);
  CHECK(b.refused({{1, b.hex(2)}}) == ec::refused);
  b.manifest(one, 3, 1);
  CHECK(b.get<anchored>(b.anchor, b.order({{1, b.hex(1)}})).keys.size() == 1);
}

TEST_CASE("signing_keys: of several key versions each verifies what it signed, and none that signed may be missing") {
  bench b;
  const auto one = b.community(1);
  b.manifest(one, 1, 1);
  b.manifest(one, 2, 2);
  CHECK(b.get<anchored>(b.anchor, load{b.soon()}).newest_used == 2);
  CHECK(b.refused({{1, b.hex(1)}}) == ec::refused);
  CHECK(b.refused({{2, b.hex(2)}}) == ec::refused);
  CHECK(b.refused({{1, b.hex(3)}, {2, b.hex(2)}}) == ec::refused);
  CHECK(b.get<anchored>(b.anchor, b.order({{1, b.hex(1)}, {2, b.hex(2)}})).keys.size() == 2);
}

TEST_CASE("signing_keys: a key that is taken later must verify what its version signed, too") {
  bench b;
  const auto one = b.community(1);
  b.manifest(one, 1, 1);
  b.get<anchored>(b.anchor, b.order({{1, b.hex(1)}}));
  b.manifest(one, 2, 2);
  CHECK(b.refused({{2, b.hex(3)}}) == ec::refused);
  CHECK(b.get<anchored>(b.anchor, b.order({{2, b.hex(2)}})).keys.size() == 2);
}

TEST_CASE("signing_keys: no role rewrites the anchor, and arrakis_app touches it by its functions alone") {
  bench b;
  b.get<anchored>(b.anchor, b.order({{1, b.hex(1)}}));
  for (const char* sql :
       {"update signing_keys set public_key = repeat('b', 64)", "delete from signing_keys", "truncate signing_keys",
        "select * from signing_keys", "insert into signing_keys values (2, repeat('b', 64), 'first', 'x')"}) {
    CAPTURE(sql);
    CHECK_THROWS(b.owner(std::string{"set role arrakis_app; "} + sql));
    if (std::string_view{sql}.starts_with("select") || std::string_view{sql}.starts_with("insert"))
      continue; // The owner's right.
    CHECK_THROWS(b.owner(sql));
    CHECK_THROWS(b.owner(std::string{"set role arrakis_lookup; "} + sql));
    CHECK_THROWS(b.owner(std::string{"set role arrakis_admin; "} + sql));
  }
  CHECK(b.there().size() == 1);
  // Negative control: without its trigger the owner rewrites it.
  b.owner("alter table signing_keys disable trigger insert_only; delete from signing_keys");
  CHECK(b.there().empty());
}

TEST_CASE("signing_keys: an operator's order stands in the audit trail of each community that has a manifest") {
  bench b;
  const auto one = b.community(1), two = b.community(2);
  b.community(3); // Nothing was signed for it.
  b.manifest(one, 1, 1);
  b.manifest(two, 1, 1);
  b.get<anchored>(b.anchor, b.order({{1, b.hex(1)}}, true));
  CHECK(b.owner("select count(*) from audit_entries where event = 'SIGNING_KEY_ANCHORED'") == "2");
  for (const auto& id : {one, two})
    CHECK(b.get<audit::verified>(b.audit, audit::verify{id, b.soon()}).whole);
}
