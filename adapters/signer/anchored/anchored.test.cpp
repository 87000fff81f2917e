#include "adapters/signer/anchored/anchored.hpp"

#include "adapters/postgres/audit/audit.hpp"
#include "adapters/postgres/signing_keys/signing_keys.hpp"
#include "adapters/signer/anchored/judge.hpp"
#include "adapters/signer/local/local.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/metrics.hpp"
#include "tests/contracts/signer.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/stores.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <thread>

using namespace arrakis;
using namespace arrakis::signer;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {
/// A database, and nodes with key folders of their own.
struct fixture : test::stores {
  test::scratch tmp{"signer"};
  signing_keys::handle anchor = live.keep(signing_keys::start(live.sys(), app));
  signer::handle node = start("keys");

  std::string folder(const std::string& name) { return tmp / name; }
  signer::handle start(const std::string& name, bool makes_first = true) {
    const auto keys = live.keep(local::start(live.sys(), {folder(name)}));
    return live.keep(anchored::start(live.sys(), keys, anchor, {.makes_first_key = makes_first}));
  }
  /// Signs and stores a manifest; its signature.
  std::string manifest(const signer::handle& by, const community_id& of, int64_t number) {
    const std::string canonical = fmt::format(R"({{"v":{}}})", number);
    const std::string previous = number == 1 ? "" : std::string(64, 'a');
    const manifest_statement statement{of, number, sha256_hex(canonical), previous, "2026-11-24T05:38:16.123Z"};
    const auto made = get<signature>(by, signer::sign{signing_bytes(statement), soon()});
    owner(
      fmt::format("insert into manifests (community_id, version, content, canonical, sha256, previous_sha256,"
                  " signature, signed_at) values ('{}', {}, '{}', convert_to('{}', 'UTF8'), '{}', '{}', '{}', '{}')",
                  of.value, number, canonical, canonical, statement.sha256, previous, made.text, statement.created_at));
    return made.text;
  }
  /// The database as a build without an anchor left it, or as a backup has it.
  void forget_anchor(int from = 1) {
    owner(
      fmt::format("alter table signing_keys disable trigger insert_only; delete from signing_keys where version >= {};"
                  "alter table signing_keys enable always trigger insert_only",
                  from));
  }
  ec signs(const signer::handle& by) { return code<signature>(by, signer::sign{"bytes", soon()}); }
  std::string why(const signer::handle& by) { return get<condition>(by, inspect{soon()}).detail; }
  bool says(const signer::handle& by, const std::string& text) {
    const auto said = why(by);
    CAPTURE(said);
    CHECK(said.find(text) != std::string::npos);
    return said.find(text) != std::string::npos;
  }
  std::string anchored_keys() { return owner("select count(*) from signing_keys"); }
  void copy(const std::string& from, const std::string& to) {
    fs::create_directories(folder(to));
    fs::permissions(folder(to), fs::perms::owner_all);
    fs::copy(folder(from), folder(to), fs::copy_options::recursive);
  }
};
} // namespace

TEST_CASE("signer: keeps the contract of the signer") {
  fixture f;
  contracts::signer(f.live.sys(), f.node);
}

TEST_CASE("signer: on an empty database the first key is made and anchored before it signs") {
  fixture f;
  CHECK(f.signs(f.start("tool", false)) == ec::refused); // A tool makes none.
  CHECK(f.anchored_keys() == "0");
  CHECK_FALSE(fs::exists(f.folder("tool")));
  CHECK(f.signs(f.node) == ec::none);
  CHECK(f.owner("select origin || ' ' || anchored_by from signing_keys") == "first system");
}

TEST_CASE("signer: a key folder that is missing at a start is not replaced, and what was signed still verifies") {
  fixture f;
  const auto of = f.community(1);
  const auto text = f.manifest(f.node, of, 1);
  fs::rename(f.folder("keys"), f.folder("away"));
  const auto node = f.start("keys");
  CHECK(f.signs(node) == ec::refused);
  CHECK(f.says(node, "restore v1.pem"));
  CHECK_FALSE(fs::exists(f.folder("keys")));
  CHECK(f.get<keys>(node, public_keys{f.soon()}).hex_by_version.size() == 1);
  fs::rename(f.folder("away"), f.folder("keys"));
  CHECK(f.signs(node) == ec::none); // Without a restart.
}

// Negative control: when it looks no more once it has signed, the gauge stays 0.
TEST_CASE("signer: it looks by itself also while it signs, and the gauge follows") {
  fixture f;
  CHECK(f.signs(f.node) == ec::none);
  metrics::set("arrakis_signer_refuses", "", 1); // Until its own first look.
  const auto keyring = f.live.keep(local::start(f.live.sys(), {f.folder("keys")}));
  const auto looking = f.live.keep(anchored::start(f.live.sys(), keyring, f.anchor, {.poll_every = 5ms}));
  const auto gauge_becomes = [](int value) {
    const auto line = fmt::format("\narrakis_signer_refuses {}\n", value);
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (metrics::exposition().find(line) == std::string::npos && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    return metrics::exposition().find(line) != std::string::npos;
  };
  CHECK(gauge_becomes(0));
  fs::rename(f.folder("keys"), f.folder("away"));
  CHECK(gauge_becomes(1)); // Nobody asked.
  fs::rename(f.folder("away"), f.folder("keys"));
  CHECK(gauge_becomes(0));
}

TEST_CASE("signer: of two nodes with folders of their own the second refuses until it has the first one's key") {
  fixture f;
  CHECK(f.signs(f.node) == ec::none);
  const auto second = f.start("other");
  CHECK(f.signs(second) == ec::refused);
  CHECK(f.says(second, "restore v1.pem from its copy, or from the node that made it"));
  f.copy("keys", "other");
  CHECK_MESSAGE(f.signs(second) == ec::none, f.why(second));
}

TEST_CASE("signer: two nodes that start at once on an empty database never sign with two keys") {
  fixture f;
  const auto second = f.start("other");
  caf::scoped_actor self{f.live.sys()};
  auto a = self->request(f.node, std::chrono::minutes{1}, signer::sign{"bytes", f.soon()});
  auto b = self->request(second, std::chrono::minutes{1}, signer::sign{"bytes", f.soon()});
  int signing = 0, refusing = 0;
  for (auto* pending : {&a, &b})
    pending->receive([&](signature&) { ++signing; }, [&](caf::error& e) { refusing += code_of(e) == ec::refused; });
  CHECK(signing == 1);
  CHECK(refusing == 1);
  CHECK(f.anchored_keys() == "1");
}

TEST_CASE("signer: a database from before the anchor takes the key that verifies its manifests, and no other") {
  fixture f;
  const auto one = f.community(1), two = f.community(2);
  f.manifest(f.node, one, 1);
  f.manifest(f.node, two, 1);
  f.forget_anchor();

  const auto stranger = f.start("other");
  CHECK(f.signs(stranger) == ec::refused);
  CHECK(f.says(stranger, "holds no key"));
  CHECK(f.code<keys>(stranger, public_keys{f.soon()}) == ec::refused);
  fs::create_directories(f.folder("other"));
  fs::permissions(f.folder("other"), fs::perms::owner_all);
  test::postgres_server elsewhere; // A foreign key "version 1": made on another database.
  const auto pool = f.live.keep(postgres::start(f.live.sys(), {.dsn = elsewhere.dsn()}));
  const auto keyring = f.live.keep(local::start(f.live.sys(), {f.folder("other")}));
  const auto other_anchor = f.live.keep(signing_keys::start(f.live.sys(), pool));
  f.get<signature>(f.live.keep(anchored::start(f.live.sys(), keyring, other_anchor)), signer::sign{"x", f.soon()});
  CHECK(f.signs(stranger) == ec::refused);
  CHECK(f.says(stranger, "2 of 2 stored manifests do not verify"));
  CHECK(f.code<keys>(stranger, signer::anchor{f.soon()}) == ec::refused); // Not by order either.
  CHECK(f.anchored_keys() == "0");

  CHECK(f.signs(f.node) == ec::none);
  CHECK(f.owner("select origin || ' ' || anchored_by from signing_keys") == "adopted system");
  CHECK(f.says(stranger, "holds another key as version 1"));
}

TEST_CASE("signer: negative control: a key anchored past the check signs, and what was signed before does not verify") {
  fixture f;
  const auto of = f.community(1);
  const auto old = f.manifest(f.node, of, 1);
  f.forget_anchor();
  fs::create_directories(f.folder("other"));
  fs::permissions(f.folder("other"), fs::perms::owner_all);
  const auto keyring = f.live.keep(local::start(f.live.sys(), {f.folder("other")}));
  const auto hex = f.get<keyring::held>(keyring, keyring::prepare{f.soon()}).prepared;
  f.get<keyring::held>(keyring, keyring::adopt{1, f.soon()});
  const auto stranger = f.start("other");
  CHECK(f.signs(stranger) == ec::refused);
  f.owner("insert into signing_keys (version, public_key, origin, anchored_by) values (1, '" + hex
          + "', 'adopted', 'system')");
  CHECK(f.signs(stranger) == ec::none);
  CHECK_FALSE(f.get<verdict>(stranger, signer::verify{"bytes", old, f.soon()}).valid);
  CHECK(f.signs(f.node) == ec::refused);
}

TEST_CASE("signer: a rotation is anchored before it signs, and audited") {
  fixture f;
  const auto of = f.community(1);
  const auto old = f.manifest(f.node, of, 1);
  CHECK(f.get<key_version>(f.node, rotate{f.soon()}).number == 2);
  CHECK(f.owner("select origin || ' ' || anchored_by from signing_keys where version = 2") == "rotated operator");
  CHECK(f.owner("select count(*) from audit_entries where event = 'SIGNING_KEY_ANCHORED'") == "1");
  CHECK(f.manifest(f.node, of, 2).starts_with("vault:v2:"));
  // The other node has the old key only.
  f.copy("keys", "other");
  fs::remove(f.folder("other") + "/v2.pem");
  const auto second = f.start("other");
  CHECK(f.signs(second) == ec::refused);
  CHECK(f.says(second, "restore v2.pem"));
  // The old private key is not needed any more.
  fs::remove(f.folder("keys") + "/v1.pem");
  CHECK(f.signs(f.node) == ec::none);
  CHECK(f.get<keys>(f.node, public_keys{f.soon()}).hex_by_version.size() == 2);
}

TEST_CASE("signer: a rotation that died between its steps is finished or forgotten, and never signs unanchored") {
  fixture f;
  CHECK(f.signs(f.node) == ec::none);
  const auto keyring = f.live.keep(local::start(f.live.sys(), {f.folder("keys")}));
  const auto held = f.get<keyring::held>(keyring, keyring::prepare{f.soon()});
  CHECK(f.get<signature>(f.node, signer::sign{"x", f.soon()}).key_version == 1); // Prepared only.
  f.get<signing_keys::anchored>(f.anchor,
                                signing_keys::anchor{{{2, held.prepared}}, "rotated", "operator", false, f.soon()});
  CHECK(f.get<signature>(f.node, signer::sign{"x", f.soon()}).key_version == 2);
  CHECK_FALSE(fs::exists(f.folder("keys") + "/next.pem"));
}

TEST_CASE("signer: a key that an older backup lost is taken by an operator's order only, audited") {
  fixture f;
  const auto of = f.community(1);
  f.manifest(f.node, of, 1);
  f.get<key_version>(f.node, rotate{f.soon()});
  f.forget_anchor(2); // Restored from before the rotation.
  f.owner("alter table audit_entries disable trigger append_only; delete from audit_entries; delete from audit_heads;"
          "alter table audit_entries enable always trigger append_only");
  CHECK(f.signs(f.node) == ec::refused);
  CHECK(f.says(f.node, "arrakisctl signer anchor"));
  CHECK(f.anchored_keys() == "1");
  const auto taken = f.get<keys>(f.node, signer::anchor{f.soon()}).hex_by_version;
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].first == 2);
  CHECK(f.get<keys>(f.node, signer::anchor{f.soon()}).hex_by_version.empty());
  CHECK(f.owner("select origin || ' ' || anchored_by from signing_keys where version = 2") == "restored operator");
  CHECK(f.owner("select event || ' ' || actor from audit_entries") == "SIGNING_KEY_ANCHORED operator");
  CHECK(f.get<signature>(f.node, signer::sign{"x", f.soon()}).key_version == 2);
}

TEST_CASE("signer: a database that is away is no refusal") {
  fixture f;
  CHECK(f.signs(f.node) == ec::none);
  f.server.kill();
  const auto code = f.signs(f.node);
  CHECK((code == ec::unavailable || code == ec::unknown || code == ec::timeout));
  f.server.start();
}

TEST_CASE("signer: what may sign is decided by the keys at hand and the anchor") {
  using anchored::judge;
  using anchored::next_step;
  const signing_keys::key_list a{{1, "aa"}}, ab{{1, "aa"}, {2, "bb"}}, x{{1, "xx"}};
  struct row {
    keyring::held held;
    signing_keys::anchored anchor;
    next_step::kind what;
    int version;
  };
  const std::vector<row> rows{
    {{{}, "", "p"}, {{}, 0}, next_step::make_first, 1},
    {{a, "", "p"}, {{}, 0}, next_step::take, 0},
    {{a, "", "p"}, {{}, 1}, next_step::take, 0},
    {{{}, "", "p"}, {{}, 1}, next_step::refuse, 0},
    {{ab, "", "p"}, {{}, 1}, next_step::take, 0},
    {{{{2, "bb"}}, "", "p"}, {{}, 1}, next_step::refuse, 0},
    {{a, "", "p"}, {a, 0}, next_step::sign, 1},
    {{ab, "", "p"}, {ab, 0}, next_step::sign, 2},
    {{{{2, "bb"}}, "", "p"}, {ab, 0}, next_step::sign, 2},
    {{a, "", "p"}, {ab, 0}, next_step::refuse, 0},
    {{a, "bb", "p"}, {ab, 0}, next_step::finish, 2},
    {{a, "cc", "p"}, {ab, 0}, next_step::refuse, 0},
    {{x, "", "p"}, {a, 0}, next_step::refuse, 0},
    {{{{1, "xx"}, {2, "bb"}}, "", "p"}, {ab, 0}, next_step::refuse, 0},
    {{ab, "", "p"}, {a, 0}, next_step::refuse, 0},
    {{a, "", "p"}, {{{2, "bb"}}, 0}, next_step::refuse, 0},
    {{{}, "", "p"}, {a, 0}, next_step::refuse, 0},
  };
  for (size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    const auto step = judge(rows[i].held, rows[i].anchor);
    CHECK(step.what == rows[i].what);
    CHECK(step.version == rows[i].version);
    CHECK((step.what == next_step::refuse) == !step.why.empty());
  }
  // Of two keys at hand only the one that signed something is taken by itself.
  CHECK(judge({ab, "", "p"}, {{}, 1}).keys == a);
}
