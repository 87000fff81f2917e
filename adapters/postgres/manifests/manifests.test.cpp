#include "adapters/postgres/manifests/manifests.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/support/stores.hpp"

#include <fmt/format.h>

namespace {
using namespace arrakis;

struct bench : test::stores {
  manifests::handle manifests = live.keep(manifests::start(live.sys(), app));
  community_id mine = community(1);

  void version(int64_t number, const std::string& canonical, bool active = false) {
    owner(fmt::format(
      "insert into manifests (community_id, version, content, canonical, sha256, previous_sha256, signature,"
      " signed_at, synthesized_by, is_active) values ('{}', {}, '{}', convert_to('{}', 'UTF8'), '{}', '{}',"
      " 'vault:v1:c2ln', '2026-11-24T05:38:16.123Z', 'subject-1', {})",
      mine.value, number, canonical, canonical, sha256_hex(canonical), number == 1 ? "" : std::string(64, 'a'),
      active));
  }
  manifests::shadow shadow() { return get<manifests::shadow>(manifests, manifests::load_shadow{mine, soon()}); }
};
} // namespace

TEST_CASE("manifests: the exact canonical bytes come back") {
  bench b;
  const std::string canonical = R"({"b":"\u0000 Sietch € 𝄞","a":1e+21})"; // Neither order nor spelling of JSONB.
  b.version(1, R"({"a":1})");
  b.owner("alter table manifests alter content drop not null");
  b.owner(fmt::format(
    "insert into manifests (community_id, version, canonical, sha256, previous_sha256, signature, signed_at)"
    " values ('{}', 2, convert_to('{}', 'UTF8'), '{}', '{}', 's', 't')",
    b.mine.value, canonical, sha256_hex(canonical), std::string(64, 'a')));
  const auto got = b.get<manifests::record>(b.manifests, manifests::load{b.mine, 2, b.soon()});
  CHECK(got.canonical == canonical);
  CHECK(got.sha256 == sha256_hex(canonical));
}

TEST_CASE("manifests: version 0 is the active one, and a version that is not there is not_found") {
  bench b;
  CHECK(b.code<manifests::record>(b.manifests, manifests::load{b.mine, 0, b.soon()}) == ec::not_found);
  b.version(1, R"({"v":1})");
  b.version(2, R"({"v":2})", true);
  const auto active = b.get<manifests::record>(b.manifests, manifests::load{b.mine, 0, b.soon()});
  CHECK(active.version == 2);
  CHECK(active.active);
  CHECK(active.created_by == "subject-1");
  CHECK(active.created_at == "2026-11-24T05:38:16.123Z");
  CHECK(active.signature == "vault:v1:c2ln");
  CHECK(b.code<manifests::record>(b.manifests, manifests::load{b.mine, 3, b.soon()}) == ec::not_found);
}

TEST_CASE("manifests: the list is newest first and without the bytes") {
  bench b;
  b.version(1, R"({"v":1})", true);
  b.version(2, R"({"v":2})");
  const auto rows = b.get<manifests::listed>(b.manifests, manifests::list{b.mine, b.soon()}).rows;
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].version == 2);
  CHECK(rows[0].canonical.empty());
  CHECK(rows[1].active);
}

TEST_CASE("manifests: bytes that do not have their hash cannot be stored") {
  bench b;
  CHECK_THROWS(b.owner(
    fmt::format("insert into manifests (community_id, version, content, canonical, sha256, signature, signed_at)"
                " values ('{}', 1, '1', 'x', '{}', 's', 't')",
                b.mine.value, std::string(64, 'a'))));
}

TEST_CASE("manifests: a shadow that was never applied is version 0 and empty") {
  bench b;
  CHECK(b.shadow().version == 0);
  CHECK(b.shadow().entries.empty());
  CHECK(b.shadow().status.empty());
}
