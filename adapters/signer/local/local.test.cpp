#include "adapters/signer/local/local.hpp"

#include "runtime/file.hpp"
#include "tests/contracts/asking.hpp"
#include "tests/contracts/signer.hpp"
#include "tests/support/scratch.hpp"

#include <caf/actor_system_config.hpp>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <sys/stat.h>

using namespace arrakis;
using namespace arrakis::signer;
using contracts::ask;
using contracts::soon;
namespace fs = std::filesystem;

namespace {
struct house {
  test::scratch tmp{"signer"};
  caf::actor_system_config config;
  caf::actor_system sys{config};
  std::string folder = tmp / "keys";
  handle start() { return local::start(sys, {folder}); }
};
using test::mode_of;
} // namespace

TEST_CASE("signer.local: keeps the contract of the signer") {
  house at;
  contracts::signer(at.sys, at.start());
}

TEST_CASE("signer.local: keys are private files and outlive the process") {
  house at;
  const auto first = ask<signature>(at.sys, at.start(), sign{"bytes", soon()});
  REQUIRE(first);
  CHECK(mode_of(at.folder) == 0700);
  CHECK(mode_of(at.folder + "/v1.pem") == 0600);
  const auto again = ask<signature>(at.sys, at.start(), sign{"bytes", soon()});
  REQUIRE(again);
  CHECK(again->text == first->text); // Ed25519 is deterministic.
}

TEST_CASE("signer.local: a key that others may read is refused with the remedy, and served once it is mended") {
  house at;
  CHECK_FALSE(local::check({at.folder}));
  ::chmod((at.folder + "/v1.pem").c_str(), 0644);
  const auto refused = local::check({at.folder});
  CHECK(code_of(refused) == ec::refused);
  CHECK(text_of(refused).find("chmod 600") != std::string::npos);
  const auto signer = at.start();
  CHECK(code_of(ask<signature>(at.sys, signer, sign{"bytes", soon()}).error()) == ec::refused);
  ::chmod((at.folder + "/v1.pem").c_str(), 0600);
  CHECK(ask<signature>(at.sys, signer, sign{"bytes", soon()}));
  ::chmod(at.folder.c_str(), 0755);
  CHECK(text_of(local::check({at.folder})).find("chmod 700") != std::string::npos);
}

TEST_CASE("signer.local: a broken, foreign or missing key is corrupt, never replaced") {
  house at;
  REQUIRE_FALSE(local::check({at.folder}));
  REQUIRE(ask<key_version>(at.sys, at.start(), rotate{soon()}));
  const auto good = *file::read(at.folder + "/v1.pem", 4096);
  REQUIRE_FALSE(file::replace(at.folder + "/v1.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  CHECK(code_of(local::check({at.folder})) == ec::corrupt);
  fs::remove(at.folder + "/v1.pem");
  CHECK(code_of(local::check({at.folder})) == ec::corrupt);
  CHECK_FALSE(fs::exists(at.folder + "/v1.pem"));
  REQUIRE_FALSE(file::create(at.folder + "/v1.pem", good));
  CHECK_FALSE(local::check({at.folder}));
}

TEST_CASE("signer.local: a version that another process added verifies here, and two rotations never share a number") {
  house at;
  const auto one = at.start();
  const auto two = at.start();
  REQUIRE(ask<keys>(at.sys, one, public_keys{soon()}));
  REQUIRE(ask<keys>(at.sys, two, public_keys{soon()}));
  REQUIRE(ask<key_version>(at.sys, one, rotate{soon()})->number == 2);
  const auto newer = ask<signature>(at.sys, one, sign{"bytes", soon()});
  REQUIRE(newer);
  CHECK(code_of(ask<key_version>(at.sys, two, rotate{soon()}).error()) == ec::conflict);
  CHECK(ask<verdict>(at.sys, two, verify{"bytes", newer->text, soon()})->valid);
  CHECK(ask<key_version>(at.sys, two, rotate{soon()})->number == 3);
}
