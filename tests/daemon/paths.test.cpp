#include "tests/daemon/daemon.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <pwd.h>

using namespace arrakis;
using namespace arrakis::daemon_test;
namespace fs = std::filesystem;

namespace {
const std::string nameless = "54321"; ///< A user and group that no passwd names.
const std::string as_nameless = "exec setpriv --reuid " + nameless + " --regid " + nameless + " --clear-groups \"$@\"";

bool root() { return ::geteuid() == 0; }

void give(const std::string& path, uid_t user) {
  for (const auto& each : fs::recursive_directory_iterator(path))
    REQUIRE(::lchown(each.path().c_str(), user, user) == 0);
  REQUIRE(::chown(path.c_str(), user, user) == 0);
}
} // namespace

TEST_CASE("paths: the daemon and its terminal work with any state folder, and with a link to one") {
  arrakis_daemon one{{.name = "a b%25#'\xC3\xA4"}};
  REQUIRE_MESSAGE(one.ready(), one.log());
  auto [code, said] = one.ctl({"community", "list"});
  CHECK_MESSAGE(code == 0, said);
  CHECK(one.stop() == 0);
  // The same as a link: what is behind it is used.
  fs::rename(one.folder(), one / "elsewhere");
  fs::create_directory_symlink("elsewhere", one.folder());
  one.start();
  REQUIRE_MESSAGE(one.ready(), one.log());
  std::tie(code, said) = one.ctl({"community", "list"});
  CHECK_MESSAGE(code == 0, said);
  CHECK(one.stop() == 0);
}

TEST_CASE("paths: a user without a name is told what to do, and served once there is data") {
  if (!root())
    return;
  arrakis_daemon first;
  REQUIRE_MESSAGE(first.ready(), first.log());
  REQUIRE(first.stop() == 0);
  const auto id = static_cast<uid_t>(std::stoi(nameless));

  arrakis_daemon one{{.shell = as_nameless, .open = true}};
  CHECK(one.says("has no name"));
  CHECK(one.child().wait(std::chrono::seconds{30})); // At once, not after a minute.
  CHECK(one.child().exit_status() == 1);

  fs::remove_all(one.folder());
  fs::copy(first.folder(), one.folder(), fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  for (const auto& each : fs::recursive_directory_iterator(first.folder()))
    if (!each.is_symlink())
      fs::permissions(one.folder() + each.path().string().substr(first.folder().size()), each.status().permissions());
  fs::permissions(one.folder(), fs::perms::owner_all);
  give(one.folder(), id);
  ::chmod((one / ".").c_str(), 0755); // Elsewhere somebody could have put it there for root's terminal to find.
  one.start();
  REQUIRE_MESSAGE(one.ready(), one.log());
  auto [code, said] = one.ctl({"community", "list"}); // As that user, ...
  CHECK_MESSAGE(code == 0, said);
  CHECK(one.stop() == 0);
}

TEST_CASE("paths: the signer takes keys as Kubernetes mounts them: root's, by group, behind links") {
  if (!root())
    return;
  arrakis_daemon first;
  REQUIRE_MESSAGE(first.ready(), first.log());
  const auto made = first.folder() + "/keys/v1.pem";
  REQUIRE(demo::eventually([&] { return fs::exists(made); }, std::chrono::seconds{30}));
  REQUIRE(first.stop() == 0);

  test::scratch secrets{"secret"};
  ::chmod(secrets.path().c_str(), 0755);
  fs::create_directory(secrets / "..2026");
  fs::create_directory_symlink("..2026", secrets / "..data");
  fs::create_symlink("..data/v1.pem", secrets / "v1.pem");
  fs::copy_file(made, secrets / "..2026/v1.pem");
  const auto* user = ::getpwnam(unprivileged_user().c_str());
  REQUIRE(::chown((secrets / "..2026/v1.pem").c_str(), 0, user->pw_gid) == 0); // fsGroup
  ::chmod((secrets / "..2026").c_str(), 0755);
  ::chmod((secrets / "..2026/v1.pem").c_str(), 0444);
  arrakis_daemon one{{.environment = {"ARRAKIS_SIGNER_FOLDER=" + secrets.path()}}};
  CHECK(one.says("defaultMode: 0440")); // Negative control: open to others it is refused with the remedy.
  one.stop();
  ::chmod((secrets / "..2026/v1.pem").c_str(), 0440);
  one.start();
  REQUIRE_MESSAGE(one.ready(), one.log());
  const auto [code, said] = one.ctl({"signer", "status"});
  CHECK_MESSAGE(code == 0, said);
  CHECK(said.find("1") != std::string::npos);
  CHECK(one.stop() == 0);
}
