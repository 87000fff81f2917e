// Keys and backups: the signer's folder is missing, foreign or older than the database.
#include "adapters/embedded/embedded.hpp"
#include "runtime/json.hpp"
#include "tests/system/inspect.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using strings = std::vector<std::string>;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

world& here() { return shared(false); }
std::string state() { return here().town().folder() + "/arrakis"; }

/// A community whose deployment has completed.
struct settled {
  place at;
  demo::person admin;
  explicit settled(const std::string& name)
    : at(here().found(name)), admin(here().at_review(at, name, "simple", "minimal")) {
    REQUIRE_MESSAGE(demo::deploy(admin), admin.text());
    REQUIRE(at_rest(here(), at));
  }
};

/// Status of /health/ready, whether the signer is ready, and what it says.
struct health {
  int status = 0;
  bool signs = false;
  std::string detail;
};
health look_at_signer() {
  const auto got = here().town().web().call(here().town().door(), "GET", "/health/ready");
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
    here().town().stop_arrakis();
    fs::rename(state() + "/keys", state() + "/keys.away");
    here().town().start_arrakis(); // Ready, without keys.
  }
  void give_back() { fs::rename(state() + "/keys.away", state() + "/keys"); }
};

/// What the migration finds in a database from before the anchor.
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
  CHECK(w.town().ctl({"signer", "status"}).first == 1);
  CHECK(contains(w.town().ctl({"signer", "rotate"}).second, "restore v1.pem"));
  CHECK(w.town().ctl({"manifest", "verify", one.at.guild}).first == 0); // By the anchored key.
  CHECK_FALSE(fs::exists(state() + "/keys"));

  one.admin.type("onboard");
  REQUIRE(one.admin.sees("at version 1"));
  one.admin.press("wizard:deploy:*");
  CHECK_MESSAGE(one.admin.sees("Waiting for the signer"), one.admin.text());
  CHECK(newest(w, one.at).version == 1);
  gone.give_back();
  one.admin.press("wizard:retry:*"); // No restart.
  REQUIRE_MESSAGE(reaches(w, one.at, 2, "completed"), one.admin.text());
  CHECK(disagreements(w, one.at) == strings{});
  CHECK(look_at_signer().signs);
}

TEST_CASE("signer: a database from before the anchor is anchored by itself, by the key that verifies it") {
  auto& w = here();
  settled one{"Sietch Old"};
  as_owner(forget_anchor);
  w.town().stop_arrakis();
  w.town().start_arrakis();
  REQUIRE(demo::eventually([] { return look_at_signer().signs; }, 30s));
  CHECK(contains(w.town().ctl({"signer", "status"}).second, "signs with key version 1"));
  CHECK(w.town().ctl({"manifest", "verify", one.at.guild}).first == 0);
}

TEST_CASE(
  "signer: without keys a database from before the anchor stays unanchored, and its jobs wait and end in time") {
  auto& w = here();
  const auto at = w.found("Sietch Job");
  auto admin = w.at_review(at, "Sietch Job", "simple", "minimal");
  REQUIRE(w.town().ctl({"jobs", "pause"}).first == 0);
  admin.press("wizard:deploy:*");
  REQUIRE(admin.sees("is on its way"));
  as_owner(forget_anchor);
  without_keys gone;
  REQUIRE(w.town().ctl({"jobs", "resume"}).first == 0);
  CHECK_MESSAGE(admin.sees("Waiting for the signer", 60s), admin.text());
  CHECK(demo::eventually([&] { return newest(w, at).state == "waiting"; }, 20s));
  CHECK(look_at_signer().status == 200);
  CHECK(contains(look_at_signer().detail, "holds no key"));
  gone.give_back();
  REQUIRE(reaches(w, at, 1, "completed"));
  CHECK(disagreements(w, at) == strings{});
}

TEST_CASE("signer: a rotation from outside signs the next version, and older ones still verify") {
  auto& w = here();
  settled one{"Sietch Rotation"};
  const auto rotated = w.town().ctl({"signer", "rotate"});
  INFO(rotated.second);
  REQUIRE(rotated.first == 0);
  CHECK(contains(rotated.second, "key version 2"));
  REQUIRE(w.town().ctl({"manifest", "restore", one.at.guild, "1"}).first == 0);
  REQUIRE(reaches(w, one.at, 2, "completed"));
  CHECK(w.town().ctl({"manifest", "verify", one.at.guild}).first == 0);
  CHECK(disagreements(w, one.at) == strings{}); // The audit chain included.
  CHECK(contains(w.town().ctl({"signer", "status"}).second, "signs with key version 2"));
}
