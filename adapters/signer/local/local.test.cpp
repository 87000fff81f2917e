#include "adapters/signer/local/local.hpp"

#include "adapters/signer/signature.hpp"
#include "runtime/file.hpp"
#include "tests/contracts/asking.hpp"
#include "tests/support/scratch.hpp"

#include <caf/actor_system_config.hpp>
#include <doctest/doctest.h>
#include <filesystem>
#include <sys/stat.h>

using namespace arrakis;
using namespace arrakis::signer;
using namespace arrakis::signer::keyring;
using contracts::ask;
using contracts::gone;
using contracts::soon;
using test::mode_of;
namespace fs = std::filesystem;

namespace {
struct fixture {
  test::scratch tmp{"keyring"};
  caf::actor_system_config config;
  caf::actor_system sys{config};
  std::string folder = tmp / "keys";
  keyring::handle keys = local::start(sys, {folder});

  held look() { return must(ask<held>(sys, keys, keyring::read{soon()})); }
  ec fault() { return code_of(ask<held>(sys, keys, keyring::read{soon()}).error()); }
  held make(int version) {
    must(ask<held>(sys, keys, prepare{soon()}));
    return must(ask<held>(sys, keys, adopt{version, soon()}));
  }
  std::string signed_by(int version, const std::string& bytes) {
    return must(ask<signed_bytes>(sys, keys, keyring::sign{version, bytes, soon()})).raw;
  }
  template <class T>
  static T must(caf::expected<T> x) {
    REQUIRE_MESSAGE(x, (x ? std::string{} : text_of(x.error())));
    return std::move(*x);
  }
};
} // namespace

TEST_CASE("keyring.local: a folder that is not there holds no key, and looking makes none") {
  fixture at;
  CHECK(at.look().keys.empty());
  CHECK(at.look().prepared.empty());
  CHECK_FALSE(local::check({at.folder}));
  CHECK_FALSE(fs::exists(at.folder));
  CHECK(at.look().location == "folder " + at.folder);
}

TEST_CASE("keyring.local: a prepared key waits for its version, and signs from then on, also in the next process") {
  fixture at;
  const auto prepared = fixture::must(ask<held>(at.sys, at.keys, prepare{soon()}));
  CHECK(prepared.keys.empty());
  CHECK(prepared.prepared.size() == 64);
  CHECK(fixture::must(ask<held>(at.sys, at.keys, prepare{soon()})).prepared == prepared.prepared);
  CHECK(code_of(ask<signed_bytes>(at.sys, at.keys, keyring::sign{1, "x", soon()}).error()) == ec::not_found);
  const auto adopted = fixture::must(ask<held>(at.sys, at.keys, adopt{1, soon()}));
  REQUIRE(adopted.keys.size() == 1);
  CHECK(adopted.keys[0] == std::pair{1, prepared.prepared});
  CHECK(adopted.prepared.empty());
  const auto raw = at.signed_by(1, "bytes");
  CHECK(ed25519_verifies(prepared.prepared, "bytes", raw));
  at.keys = local::start(at.sys, {at.folder});
  CHECK(at.signed_by(1, "bytes") == raw); // Ed25519 is deterministic.
  CHECK(mode_of(at.folder) == 0700);
  CHECK(mode_of(at.folder + "/v1.pem") == 0600);
}

TEST_CASE("keyring.local: versions may be missing, a version is never replaced, and an adoption is finished once") {
  fixture at;
  at.make(1);
  const auto two = at.make(2);
  fs::remove(at.folder + "/v1.pem");
  CHECK(at.look().keys == std::vector{two.keys[1]});
  const auto bytes = *file::read(at.folder + "/v2.pem", 4096);
  fixture::must(ask<held>(at.sys, at.keys, prepare{soon()}));
  CHECK(code_of(ask<held>(at.sys, at.keys, adopt{2, soon()}).error()) == ec::conflict);
  CHECK(*file::read(at.folder + "/v2.pem", 4096) == bytes);
  // A crash after the key had its version and before next.pem was gone.
  fs::copy(at.folder + "/next.pem", at.folder + "/v3.pem");
  CHECK(fixture::must(ask<held>(at.sys, at.keys, adopt{3, soon()})).keys.size() == 2);
  CHECK_FALSE(fs::exists(at.folder + "/next.pem"));
  CHECK(code_of(ask<held>(at.sys, at.keys, adopt{4, soon()}).error()) == ec::not_found);
}

TEST_CASE("keyring.local: of two processes on one folder both see the same keys") {
  fixture at;
  const auto second = local::start(at.sys, {at.folder});
  const auto one = fixture::must(ask<held>(at.sys, at.keys, prepare{soon()})).prepared;
  CHECK(fixture::must(ask<held>(at.sys, second, prepare{soon()})).prepared == one);
  fixture::must(ask<held>(at.sys, second, adopt{1, soon()}));
  CHECK(at.look().keys.size() == 1);
}

TEST_CASE("keyring.local: a key that others may read is refused with the remedy, and served once it is mended") {
  fixture at;
  at.make(1);
  ::chmod((at.folder + "/v1.pem").c_str(), 0644);
  const auto refused = local::check({at.folder});
  CHECK(code_of(refused) == ec::refused);
  CHECK(text_of(refused).find("chmod 600") != std::string::npos);
  CHECK(at.fault() == ec::refused);
  ::chmod((at.folder + "/v1.pem").c_str(), 0600);
  CHECK(at.look().keys.size() == 1);
  ::chmod(at.folder.c_str(), 0755);
  CHECK(text_of(local::check({at.folder})).find("chmod 700") != std::string::npos);
}

TEST_CASE("keyring.local: a broken key is corrupt and never replaced, and no reason for a daemon not to start") {
  fixture at;
  at.make(1);
  const auto good = *file::read(at.folder + "/v1.pem", 4096);
  for (const char* bad : {"", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    REQUIRE_FALSE(file::replace(at.folder + "/v1.pem", bad));
    CHECK(at.fault() == ec::corrupt);
    CHECK_FALSE(local::check({at.folder}));
    CHECK(*file::read(at.folder + "/v1.pem", 4096) == bad);
  }
  REQUIRE_FALSE(file::replace(at.folder + "/v1.pem", good));
  CHECK(at.look().keys.size() == 1);
}

TEST_CASE("keyring.local: a request whose deadline has passed is not begun") {
  fixture at;
  CHECK(code_of(ask<held>(at.sys, at.keys, prepare{gone()}).error()) == ec::timeout);
  CHECK_FALSE(fs::exists(at.folder));
}
