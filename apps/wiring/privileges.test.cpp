#include "apps/wiring/privileges.hpp"

#include "runtime/process.hpp"
#include "tests/support/scratch.hpp"

#include <cerrno>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

namespace {
using namespace arrakis;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* folder_variable = "ARRAKIS_TEST_STATE_FOLDER";
constexpr const char* rounds_variable = "ARRAKIS_TEST_ROUNDS"; ///< 0: as an operator's tool does it.

bool root() { return ::geteuid() == 0; }
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

uid_t id_of(const std::string& user) {
  const auto* entry = ::getpwnam(user.c_str());
  REQUIRE(entry);
  return entry->pw_uid;
}

struct place {
  test::scratch tmp{"root"};
  const uid_t account = id_of(unprivileged_user());
  const uid_t other = id_of("daemon"); // Neither of `unprivileged_users` nor root; Debian's base-passwd makes it.

  place() { ::chmod(tmp.path().c_str(), 0755); }
  std::string operator/(const std::string& name) const { return tmp / name; }
  std::string folder(const std::string& name, uid_t owner, mode_t mode = 0700) const {
    fs::create_directory(tmp / name);
    ::chmod((tmp / name).c_str(), mode);
    REQUIRE(::chown((tmp / name).c_str(), owner, owner) == 0);
    return tmp / name;
  }
  std::string file(const std::string& name, uid_t owner) const {
    std::ofstream{tmp / name} << "grain";
    ::chmod((tmp / name).c_str(), 0600);
    REQUIRE(::chown((tmp / name).c_str(), owner, owner) == 0);
    return tmp / name;
  }
  /// Owner, group and mode of everything there.
  std::map<std::string, std::string> all() const {
    std::map<std::string, std::string> found;
    for (const auto& each : fs::recursive_directory_iterator(tmp.path())) {
      struct stat seen {};
      ::lstat(each.path().c_str(), &seen);
      found[each.path()] = fmt::format("{}:{} {:o}", seen.st_uid, seen.st_gid, seen.st_mode);
    }
    return found;
  }
};

/// Makes a terminal ours (a process starts without one, and leads its session), as that of root's shell is.
void take_terminal() {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  const bool ready = ::grantpt(master) == 0 && ::unlockpt(master) == 0;
  const int terminal = ready ? ::open(::ptsname(master), O_RDWR) : -1;
  ::dup2(terminal, 0);
  ::dup2(master, 2); // leave_root closes descriptors above 2.
}
/// Empty when it is there and nothing can be typed into it.
std::string fault_of_terminal() {
  winsize size{};
  if (::ioctl(0, TIOCGWINSZ, &size) != 0)
    return ", and has no terminal";
  return ::ioctl(0, TIOCSTI, "x") == 0 ? ", and types into root's terminal" : "";
}

/// Runs leave_root in a child process. Returns "user 101", or the error.
std::string leave(const std::string& folder, const std::string& rounds = "1", const std::string& from = {}) {
  const test::scratch out{"out"}, home{"home"};
  process child{{.argv = {"/proc/self/exe", "-tc=helper", "--no-skip", "-ns"},
                 .env = {std::string{folder_variable} + "=" + folder, std::string{rounds_variable} + "=" + rounds,
                         "HOME=" + home.path()},
                 .folder = from,
                 .output = out / "said"}};
  REQUIRE(child.wait(300s)); // 200 rounds under ThreadSanitizer, beside a machine full of work, took more than 60 s.
  const auto said = test::content(out / "said");
  const auto begin = said.find("<<"), end = said.find(">>");
  REQUIRE_MESSAGE(end != said.npos, said);
  return said.substr(begin + 2, end - begin - 2);
}
/// The same for become_owner_of, started in the folder `from`.
std::string leave_as_tool(const std::string& folder, const std::string& from = "/") { return leave(folder, "0", from); }
std::string as(uid_t user) { return fmt::format("user {}", user); }
} // namespace

TEST_CASE("helper" * doctest::skip()) {
  const char* folder = std::getenv(folder_variable);
  if (!folder)
    return;
  take_terminal();
  wiring::harden_process();
  std::string said;
  for (int left = std::stoi(std::getenv(rounds_variable)); left > 1; --left) {
    const pid_t one = ::fork(); // This process has one thread.
    if (one == 0) {
      try {
        wiring::leave_root(folder);
      } catch (const std::runtime_error&) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    ::waitpid(one, nullptr, 0);
  }
  const bool is_tool = std::string_view{std::getenv(rounds_variable)} == "0";
  const int secret = ::open("/etc/shadow", O_RDONLY);
  try {
    is_tool ? wiring::become_owner_of(folder) : wiring::leave_root(folder);
    said = fmt::format("user {}{}", ::geteuid(), ::setuid(0) == 0 || ::seteuid(0) == 0 ? ", and root again" : "");
    if (!has(test::content("/proc/self/status"), "NoNewPrivs:\t1"))
      said += ", and may gain rights";
    if (char byte = 0; secret >= 0 && ::read(secret, &byte, 1) >= 0)
      said += ", and reads a file that root opened";
    if (const char* home = std::getenv("HOME"); home && (::access(home, X_OK) != 0 && errno == EACCES))
      said += ", and has root's home";
    said += fault_of_terminal();
    if (is_tool)
      throw std::runtime_error(said);
    std::ofstream{std::string{folder} + "/grain"} << "grain";
    if (test::content(std::string{folder} + "/grain") != "grain")
      said += ", and cannot write";
  } catch (const std::runtime_error& e) {
    said = e.what();
  }
  fmt::print("<<{}>>\n", said);
}

TEST_SUITE_BEGIN("privileges" * doctest::skip(!root()));

TEST_CASE("privileges: a missing state folder is made for the account, and folders above it so that it can enter") {
  const place at;
  CHECK(leave(at / "a/b/state") == as(at.account));
  const auto all = at.all();
  CHECK(all.at(at / "a") == "0:0 40755");
  CHECK(all.at(at / "a/b") == "0:0 40755");
  CHECK(all.at(at / "a/b/state").starts_with(fmt::format("{}:", at.account)));
  CHECK(test::mode_of(at / "a/b/state") == 0700);
  CHECK(all.size() == 4); // And the file of the helper: nothing half made is left.
  fs::create_directory(at / "a/b/state/keys");
  CHECK(leave(at / "a/b/state") == as(at.account)); // At the next start it is there.
}

TEST_CASE("privileges: where the account may write it makes the folder itself, without root") {
  const place at;
  at.folder("var", at.account);
  CHECK(leave(at / "var/a/state") == as(at.account));
  CHECK(at.all().at(at / "var/a").starts_with(fmt::format("{}:", at.account)));
}

TEST_CASE("privileges: an existing state folder is used as it is, and nothing in it or behind its links changes") {
  const place at;
  at.folder("state", at.account);
  at.folder("state/keys", at.account);
  const auto secret = at.file("secret", 0);
  at.file("state/keys/v1.pem", at.other);
  fs::create_symlink(secret, at / "state/link");
  fs::create_hard_link(secret, at / "state/hard");
  const auto before = at.all();
  CHECK(leave(at / "state") == as(at.account));
  auto after = at.all();
  after.erase(at / "state/grain");
  CHECK(after == before);
}

TEST_CASE("privileges: a wrong state folder is refused with the remedy, and nothing is changed or made") {
  const place at;
  at.folder("somebodys", at.other);
  at.file("somebodys/letter", at.other);
  at.folder("roots", 0);
  at.folder("roots/inner", at.account);
  at.folder("full", at.account);
  at.file("full/letter", at.account);
  at.folder("group", 0, 0775);
  at.file("file", 0);
  fs::create_symlink(at / "somebodys", at / "link");
  fs::create_symlink(at / "nowhere", at / "dangling");
  const auto before = at.all();
  const std::pair<const char*, const char*> cases[]{
    {"somebodys", "belongs to user 'daemon'; start as that user"},
    {"link", "belongs to user 'daemon'"},
    {"somebodys/state", "may not enter"},
    {"roots", "chown -hR"},
    {"roots/inner", "may not enter"},
    {"roots/a/state", "may not enter"},
    {"full", "none of Arrakis"},
    {"group/state", "install -d -o"},
    {"dangling", "is a link to a folder that is missing"},
    {"dangling/state", "is a link to a folder that is missing"},
    {"file", "Not a directory"},
    {"file/state", "Not a directory"},
    {"new/../state", "write it without them"},
  };
  for (const auto& [name, remedy] : cases) {
    const auto said = leave(at / name);
    INFO(name, ": ", said);
    CHECK(has(said, remedy));
    CHECK(has(said, at / name));
    CHECK(at.all() == before);
  }
}

TEST_CASE("privileges: a state folder where others decide what is in it is refused") {
  const place at;
  at.folder("state", at.account, 0777);
  at.folder("state/keys", at.account);
  CHECK(has(leave(at / "state"), "chmod go-w"));
  ::chmod((at / "state").c_str(), 0755);
  CHECK(leave(at / "state") == as(at.account));
}

TEST_CASE("privileges: a tool of root becomes the daemon's user, and follows no folder that a user put in its way") {
  const place at;
  at.folder("state", at.account);
  at.folder("roots", 0);
  at.folder("somebodys", at.other);
  at.folder("home", at.other);
  at.folder("home/state", at.other);
  at.folder("open", 0, 01777);
  at.folder("open/state", at.other);
  CHECK(leave_as_tool(at / "state") == as(at.account));
  CHECK(leave_as_tool("state", at.tmp.path()) == as(at.account));
  CHECK(leave_as_tool(at / "roots") == as(at.account));
  CHECK(leave_as_tool(at / "missing") == as(at.account));
  for (const auto* named :
       {"somebodys", "home/state", "home/state/"}) // Root named it, and only its owner can have put it.
    CHECK(leave_as_tool(at / named) == as(at.other));
  for (const auto* found : {"open/state", "open/state/"})
    CHECK(has(leave_as_tool(at / found), "run this as that user"));
  for (const auto* here : {"open", "home"})
    CHECK(has(leave_as_tool("state", at / here), "belongs to user 'daemon'"));
}

TEST_CASE("privileges: the owner of the state folder gets nothing outside by swapping its folders for links") {
  const place at;
  at.folder("state", at.account);
  at.folder("state/keys", at.account);
  at.folder("outside", 0, 0755);
  for (int i = 0; i < 20; ++i)
    at.file(fmt::format("outside/{}", i), 0);
  const auto outside = [&] {
    auto all = at.all();
    std::erase_if(all, [&](const auto& each) { return !each.first.starts_with(at / "outside"); });
    return all;
  };
  const auto before = outside();
  process attacker{{.argv = {"sh", "-c",
                             "cd state; cp -r keys spare; echo up > in-use; while :; do mv keys k; ln -s ../outside "
                             "keys; rm keys; mv k keys; done"},
                    .user = unprivileged_user(),
                    .folder = at.tmp.path()}};
  while (!fs::exists(at / "state/in-use") && attacker.running())
    attacker.wait(1ms);
  CHECK(leave(at / "state", "200") == as(at.account));
  CHECK(attacker.running());
  CHECK(outside() == before);
}

TEST_SUITE_END();
