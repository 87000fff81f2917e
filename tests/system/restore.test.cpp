// Keys and backups: the signer's folder is missing, foreign or older than the database.
#include "adapters/embedded/embedded.hpp"
#include "runtime/json.hpp"
#include "runtime/process.hpp"
#include "tests/system/inspect.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <pqxx/pqxx>
#include <sstream>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using strings = std::vector<std::string>;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

test_stack& here() { return shared(false); }
std::string state() { return here().stack().folder() + "/arrakis"; }

/// A community whose deployment has completed.
struct settled {
  place at;
  demo::person admin;
  explicit settled(const std::string& name)
    : at(here().create_guild(name)), admin(here().at_review(at, name, "simple", "minimal")) {
    REQUIRE_MESSAGE(demo::deploy(admin), admin.text());
    REQUIRE(wait_until_idle(here(), at));
  }
};

/// Status of /health/ready, whether the signer is ready, and what it says.
struct health {
  int status = 0;
  bool signs = false;
  std::string detail;
};
health look_at_signer() {
  const auto got = here().stack().web().call(here().stack().admin_url(), "GET", "/health/ready");
  if (!got || !got->body.is_object())
    return {};
  const auto& vault = got->body.at("dependencies").at("vault").as_object();
  return {got->status, json::bool_or(vault, "ready"), std::string{json::text_or(vault, "detail")}};
}

/// Runs SQL as the owner of the embedded database.
void as_owner(const std::string& sql) {
  pqxx::connection db{embedded::dsn(state(), "arrakis_owner")};
  pqxx::nontransaction{db}.exec(sql);
}

/// The key folder moved away for as long as it lives; arrakisd starts anew on both sides.
struct without_keys {
  without_keys() {
    here().stack().stop_arrakis();
    fs::rename(state() + "/keys", state() + "/keys.away");
    here().stack().start_arrakis(); // Ready, without keys.
  }
  void give_back() { fs::rename(state() + "/keys.away", state() + "/keys"); }
};

/// Findings of the migration in a database from before the anchor.
constexpr auto forget_anchor = "alter table signing_keys disable trigger insert_only; delete from signing_keys;"
                               "alter table signing_keys enable always trigger insert_only";
} // namespace

TEST_CASE("signer: without its key folder it makes no key, the node stays ready, and a new version waits for it") {
  auto& w = here();
  settled one{"Sietch Signer"};
  without_keys gone;
  const auto seen = look_at_signer();
  INFO(seen.detail);
  CHECK(seen.status == 200);
  CHECK_FALSE(seen.signs);
  CHECK(contains(seen.detail, "restore v1.pem"));
  CHECK_FALSE(fs::exists(state() + "/keys"));
  CHECK(w.stack().ctl({"signer", "status"}).first == 1);
  CHECK(contains(w.stack().ctl({"signer", "rotate", "--yes"}).second, "restore v1.pem"));
  CHECK(w.stack().ctl({"manifest", "verify", one.at.guild}).first == 0); // By the anchored key.
  CHECK_FALSE(fs::exists(state() + "/keys"));

  one.admin.type("onboard");
  REQUIRE(one.admin.sees("at version 1"));
  one.admin.press("wizard:deploy:*");
  CHECK_MESSAGE(one.admin.sees("Waiting for the signer"), one.admin.text());
  CHECK(newest_deployment(w, one.at).version == 1);
  gone.give_back();
  one.admin.press("wizard:retry:*"); // No restart.
  REQUIRE_MESSAGE(wait_for_state(w, one.at, 2, "completed"), one.admin.text());
  CHECK(disagreements(w, one.at) == strings{});
  CHECK(look_at_signer().signs);
}

TEST_CASE("signer: a database from before the anchor is anchored by itself, by the key that verifies it") {
  auto& w = here();
  settled one{"Sietch Old"};
  as_owner(forget_anchor);
  w.stack().stop_arrakis();
  w.stack().start_arrakis();
  REQUIRE(demo::eventually([] { return look_at_signer().signs; }, 30s));
  CHECK(contains(w.stack().ctl({"signer", "status"}).second, "signs with key version 1"));
  CHECK(w.stack().ctl({"manifest", "verify", one.at.guild}).first == 0);
}

TEST_CASE(
  "signer: without keys a database from before the anchor stays unanchored, and its jobs wait and end in time") {
  auto& w = here();
  const auto at = w.create_guild("Sietch Job");
  auto admin = w.at_review(at, "Sietch Job", "simple", "minimal");
  REQUIRE(w.stack().ctl({"jobs", "pause"}).first == 0);
  admin.press("wizard:deploy:*");
  REQUIRE(admin.sees("is on its way"));
  as_owner(forget_anchor);
  without_keys gone;
  REQUIRE(w.stack().ctl({"jobs", "resume"}).first == 0);
  CHECK_MESSAGE(admin.sees("Waiting for the signer", 60s), admin.text());
  CHECK(demo::eventually([&] { return newest_deployment(w, at).state == "waiting"; }, 20s));
  CHECK(look_at_signer().status == 200);
  CHECK(contains(look_at_signer().detail, "holds no key"));
  gone.give_back();
  REQUIRE(wait_for_state(w, at, 1, "completed"));
  CHECK(disagreements(w, at) == strings{});
}

TEST_CASE("signer: a rotation from outside signs the next version, and older ones still verify") {
  auto& w = here();
  settled one{"Sietch Rotation"};
  const auto rotated = w.stack().ctl({"signer", "rotate", "--yes"});
  INFO(rotated.second);
  REQUIRE(rotated.first == 0);
  CHECK(contains(rotated.second, "key version 2"));
  REQUIRE(w.stack().ctl({"manifest", "restore", one.at.guild, "1", "--yes"}).first == 0);
  REQUIRE(wait_for_state(w, one.at, 2, "completed"));
  CHECK(w.stack().ctl({"manifest", "verify", one.at.guild}).first == 0);
  CHECK(disagreements(w, one.at) == strings{}); // The audit chain included.
  CHECK(contains(w.stack().ctl({"signer", "status"}).second, "signs with key version 2"));
}

namespace {
/// The database as a backup has it: copied while nothing runs, with its owners.
void copy(const std::string& from, const std::string& to) {
  process cp{{{"cp", "-a", from, to}, {}, {}, {}, {}}};
  REQUIRE(cp.wait(30s));
  REQUIRE(cp.exit_status() == 0);
}
void back_up() {
  here().stack().stop_arrakis();
  fs::remove_all(here().folder() + "/backup");
  copy(state() + "/postgres", here().folder() + "/backup");
  here().stack().start_arrakis();
}
void restore_backup() {
  here().stack().stop_arrakis();
  fs::remove_all(state() + "/postgres");
  copy(here().folder() + "/backup", state() + "/postgres");
  here().stack().start_arrakis();
}

std::pair<int, std::string> ctl(const strings& words) { return here().stack().ctl(words); }
/// The line of `manifest list` that begins with `version` and holds `part`.
bool lists(const place& at, const std::string& version, const std::string& part) {
  std::istringstream in{here().stack().ctl({"manifest", "list", at.guild}).second};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(version) && contains(line, part))
      return true;
  return false;
}
void go(demo::person& who, const std::string& button, const std::string& then, const strings& values = {}) {
  who.press(button, values);
  INFO("after ", button, " the admin sees: ", who.text());
  REQUIRE(who.sees(then, 10s));
}
} // namespace

TEST_CASE("restore: after an older backup the database is the truth, and the lost version comes back by order only") {
  auto& w = here();
  settled one{"Sietch Restore"};
  auto& admin = one.admin;
  const auto first = stored_manifest(w, one.at, 1);
  back_up();

  // Version 2 is submitted and stored as an object; then the database goes back to before it.
  admin.type("onboard");
  REQUIRE(admin.sees("at version 1"));
  go(admin, "wizard:edit-channels:*", "Step 6 of 8");
  go(admin, "wizard:channel-template:*", "vip-chat", {"standard"});
  go(admin, "wizard:continue:*", "Step 7 of 8");
  REQUIRE(w.stack().ctl({"jobs", "pause"}).first == 0);
  go(admin, "wizard:deploy:*", "Version 2 is on its way");
  REQUIRE(demo::eventually([&] { return lists(one.at, "v000002", "  stored"); }, 20s));
  const auto lost = stored_manifest(w, one.at, 2);
  CHECK_FALSE(lost == first);
  restore_backup();
  REQUIRE(w.stack().ctl({"jobs", "resume"}).first == 0);

  CHECK(lists(one.at, "v000001", "  stored"));
  CHECK(lists(one.at, "v000002", "only in the object store, its signature verifies"));
  CHECK(ctl({"manifest", "show", one.at.guild, "2"}).first == 1);
  const auto refused = ctl({"manifest", "restore", one.at.guild, "2"});
  CHECK(refused.first == 1);
  CHECK(contains(refused.second, "--from-objects"));
  go(admin, "wizard:refresh:*", "restored from an older backup and does not know version 2");

  // The plan that was kept is deployed anew, and is another version 2.
  go(admin, "wizard:back:*", "Step 7 of 8");
  go(admin, "wizard:edit-channels:*", "Step 6 of 8");
  go(admin, "wizard:channel-template:*", "#general", {"minimal"});
  go(admin, "wizard:continue:*", "Step 7 of 8");
  REQUIRE(demo::deploy(admin));
  REQUIRE(wait_until_idle(w, one.at)); // The object's row included.
  CHECK(lists(one.at, "v000002", "  stored"));
  CHECK(lists(one.at, "v000002", "set aside as "));
  CHECK(stored_manifest(w, one.at, 2) == first);
  CHECK(disagreements(w, one.at) == strings{}); // `manifest verify` included.
  CHECK(ctl({"manifest", "restore", one.at.guild, "--from-objects", "3", "--yes"}).first == 1);

  const auto asked = ctl({"manifest", "restore", one.at.guild, "--from-objects", "2"});
  CHECK(asked.first == 1);
  CHECK(contains(asked.second, "+ /"));
  CHECK(contains(asked.second, "vip-chat"));
  CHECK(contains(asked.second, "Repeat it with --yes"));
  CHECK(newest_deployment(w, one.at).version == 2);
  const auto done = ctl({"manifest", "restore", one.at.guild, "--from-objects", "2", "--yes"});
  REQUIRE(done.first == 0);
  REQUIRE(wait_for_state(w, one.at, 3, "completed"));
  CHECK(stored_manifest(w, one.at, 3) == lost);
  CHECK(disagreements(w, one.at) == strings{});
}

TEST_CASE("restore: a lost version that had reached the guild comes back without anything made twice") {
  auto& w = here();
  settled one{"Sietch Twice"};
  auto& admin = one.admin;
  back_up();
  admin.type("onboard");
  REQUIRE(admin.sees("at version 1"));
  go(admin, "wizard:edit-channels:*", "Step 6 of 8");
  go(admin, "wizard:channel-template:*", "vip-chat", {"standard"});
  go(admin, "wizard:continue:*", "Step 7 of 8");
  REQUIRE(demo::deploy(admin));
  REQUIRE(wait_until_idle(w, one.at));
  const auto lost = stored_manifest(w, one.at, 2);
  const auto made = read_guild(w, one.at).made;
  restore_backup();
  REQUIRE(newest_deployment(w, one.at).version == 1);
  REQUIRE(ctl({"manifest", "restore", one.at.guild, "--from-objects", "2", "--yes"}).first == 0);
  REQUIRE(wait_for_state(w, one.at, 2, "completed"));
  REQUIRE(wait_until_idle(w, one.at));
  CHECK(read_guild(w, one.at).made == made);
  CHECK(stored_manifest(w, one.at, 2) == lost);
  CHECK(disagreements(w, one.at) == strings{});
}

TEST_CASE("restore: an object that is foreign, damaged or forged is said to be so, never deployed, and mended") {
  auto& w = here();
  settled one{"Sietch Objects"};
  const auto id = community_of(w, one.at);
  const auto object = state() + "/objects/manifests/" + id + "/versions/v000001.json";
  const auto good = test::content(object);
  const auto mend = [&] {
    CHECK(ctl({"manifest", "reindex", one.at.guild}).first == 0);
    CHECK(test::content(object) == good);
    CHECK(lists(one.at, "v000001", "  stored"));
  };
  const auto write = [&](const std::string& bytes) {
    std::ofstream{object, std::ios::binary | std::ios::trunc} << bytes;
  };

  write("half");
  CHECK(lists(one.at, "v000001", "DAMAGED"));
  CHECK(ctl({"manifest", "verify", one.at.guild}).first == 1);
  mend();

  fs::rename(object, w.folder() + "/gone.json");
  CHECK(lists(one.at, "v000001", "NOT YET"));
  mend();

  auto forged = good; // Well-formed, and of another time than was signed.
  const auto at = forged.find("createdAt\":\"") + 12;
  forged.replace(at, 4, "2001");
  write(forged);
  CHECK(lists(one.at, "v000001", "its signature does not verify"));
  const auto shown = ctl({"manifest", "show", one.at.guild, "1"});
  CHECK(shown.first == 0);
  CHECK(contains(shown.second, "this is the database's"));
  const auto refused = ctl({"manifest", "restore", one.at.guild, "--from-objects", "1", "--yes"});
  CHECK(refused.first == 1);
  CHECK(contains(refused.second, "does not verify"));
  mend();
  CHECK(lists(one.at, "v000001", "set aside as "));
  CHECK(ctl({"manifest", "verify", one.at.guild}).first == 0);
  CHECK(newest_deployment(w, one.at).version == 1);
}
