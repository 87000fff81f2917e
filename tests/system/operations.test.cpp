// The commands of the pages of docs/operations, executed.
#include "tests/support/source_file.hpp"
#include "tests/system/records.hpp"
#include "tests/system/test_stack.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <sys/stat.h>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using strings = std::vector<std::string>;
using std::chrono::seconds;
namespace fs = std::filesystem;

test_stack& here() { return shared(false); }

/// The commands that follow `<!-- run: name -->` in a page.
std::string commands(const std::string& page, const std::string& name) {
  const auto text = test::content(test::source_file(page));
  const std::string begin = "<!-- run: " + name + " -->\n```sh\n";
  const auto at = text.find(begin);
  REQUIRE_MESSAGE(at != std::string::npos, name);
  const auto from = at + begin.size();
  return text.substr(from, text.find("```", from) - from);
}

/// Runs them as an operator's shell would, but ends at the first that fails. What it said.
std::pair<int, std::string> type(const std::string& script, const std::string& backup) {
  const test::scratch place{"ops"};
  process shell{{{"/bin/sh", "-euc", script},
                 {"STATE=" + here().stack().folder() + "/arrakis", "BACKUP=" + backup, "PATH=/usr/bin:/bin"},
                 {},
                 {},
                 place / "said"}};
  REQUIRE(shell.wait(seconds{60}));
  return {shell.exit_status().value_or(-1), test::content(place / "said")};
}

uid_t owner_of(const std::string& path) {
  struct stat seen {};
  REQUIRE(::stat(path.c_str(), &seen) == 0);
  return seen.st_uid;
}

constexpr auto page = "docs/operations/backup.md";
} // namespace

TEST_CASE("operations: a community comes back from a backup that was made and restored as docs/operations says") {
  auto& w = here();
  auto& t = w.stack();
  const test::scratch backups{"backup"};
  const auto kept = w.create_guild("Kept");
  auto admin = w.at_review(kept, "Kept");
  REQUIRE(demo::deploy(admin));
  REQUIRE(wait_until_idle(w, kept));
  const auto before = t.ctl({"community", "show", kept.guild});
  REQUIRE(before.first == 0);

  CHECK(t.stop_arrakis() == 0);
  auto done = type(commands(page, "back up"), backups.path());
  REQUIRE_MESSAGE(done.first == 0, done.second);
  fs::remove_all(t.folder() + "/arrakis/postgres"); // The disaster.
  fs::remove_all(t.folder() + "/arrakis/keys");
  CHECK(type("test -e \"$STATE/keys\"", backups.path()).first != 0);
  done = type(commands(page, "restore"), backups.path());
  REQUIRE_MESSAGE(done.first == 0, done.second);
  CHECK(owner_of(t.folder() + "/arrakis") == owner_of(t.folder() + "/arrakis.before-restore"));
  t.start_arrakis();

  CHECK(t.ctl({"community", "show", kept.guild}) == before);
  CHECK(t.ctl({"manifest", "verify", kept.guild}).first == 0);
  CHECK(t.ctl({"audit", "verify", kept.guild}).first == 0);
  CHECK(disagreements(w, kept) == strings{});
  const auto fresh = w.create_guild("Afterwards"); // And it signs and builds as before.
  auto other = w.at_review(fresh, "Afterwards");
  CHECK(demo::deploy(other));
}

TEST_CASE("operations: negative control: a backup without the database's files is not taken for one") {
  const test::scratch backups{"backup"};
  const auto script = "STATE=$BACKUP/empty; mkdir \"$STATE\"\n" + commands(page, "back up");
  CHECK(type(script, backups.path()).first != 0);
  CHECK(!fs::exists(backups / "arrakis.tar"));
}
