#include "adapters/objects/folder/folder.hpp"

#include "runtime/file.hpp"
#include "runtime/json.hpp"
#include "tests/contracts/asking.hpp"
#include "tests/contracts/objects.hpp"
#include "tests/support/scratch.hpp"

#include <boost/json.hpp>
#include <caf/actor_system_config.hpp>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace arrakis;
using namespace arrakis::objects;
using contracts::ask;
using contracts::sample_snapshot;
using contracts::soon;
namespace fs = std::filesystem;

namespace {
const community_id tenant{"6ba7b810-9dad-11d1-80b4-00c04fd430c8"};

struct fixture {
  test::scratch tmp{"objects"};
  caf::actor_system_config config;
  caf::actor_system sys{config};
  const std::string& root = tmp.path();
  handle store = start();
  handle start() { return folder::start(sys, {root + "/objects"}); }
  std::string home() const { return root + "/objects/manifests/" + tenant.value; }
  std::string object(int version) const { return home() + "/versions/v00000" + std::to_string(version) + ".json"; }
  auto put_one(int64_t version, const std::string& mark) {
    return ask<stored>(sys, store, put{sample_snapshot(tenant, version, mark), soon()});
  }
  auto get_one(int64_t version) { return ask<snapshot>(sys, store, get{tenant, version, soon()}); }
  boost::json::value index() const { return *json::parse(*file::read(home() + "/index.json", 1 << 20)); }
};
using test::mode_of;
void overwrite(const std::string& path, const std::string& bytes) { std::ofstream{path, std::ios::binary} << bytes; }
} // namespace

TEST_CASE("objects.folder: a folder that group or others may write is refused with the chmod that mends it") {
  fixture at;
  CHECK_FALSE(folder::check({at.root + "/none"}));
  CHECK_FALSE(folder::check({at.root}));
  ::chmod(at.root.c_str(), 0770);
  CHECK(text_of(folder::check({at.root})).find("chmod go-w") != std::string::npos);
  ::chmod(at.root.c_str(), 0700);
}

TEST_CASE("objects.folder: keeps the contract of the object store") {
  fixture at;
  contracts::objects(at.sys, at.store);
}

TEST_CASE("objects.folder: files and folders are private, and an object can be read by anyone who knows JSON") {
  fixture at;
  REQUIRE(at.put_one(1, "x"));
  CHECK(mode_of(at.root + "/objects") == 0700);
  CHECK(mode_of(at.home() + "/versions") == 0700);
  CHECK(mode_of(at.object(1)) == 0600);
  CHECK(mode_of(at.home() + "/index.json") == 0600);
  const auto tree = *json::parse(*file::read(at.object(1), 1 << 20));
  CHECK(tree.at("content").at("mark") == "x");
  CHECK(tree.at("communityId") == tenant.value.c_str());
  CHECK(tree.at("checksum") == sample_snapshot(tenant, 1, "x").sha256.c_str());
}

TEST_CASE("objects.folder: the index names what is there, newest first, and is rebuilt from the objects") {
  fixture at;
  REQUIRE(at.put_one(1, "x"));
  REQUIRE(at.put_one(2, "y"));
  const auto whole = at.index();
  CHECK(whole.at("latestVersion") == 2);
  CHECK(whole.at("totalVersions") == 2);
  CHECK(whole.at("versions").at(0).at("s3Key") == ("manifests/" + tenant.value + "/versions/v000002.json").c_str());
  for (const char* damage : {"", "{", "[]", "{\"communityId\":\"x\",\"versions\":[]}"}) {
    overwrite(at.home() + "/index.json", damage);
    CHECK(ask<versions>(at.sys, at.store, rebuild_index{tenant, soon()})->list == std::vector<int64_t>{2, 1});
    CHECK(at.index() == whole);
  }
  fs::remove(at.home() + "/index.json");
  REQUIRE(at.put_one(3, "z")); // A put mends it too.
  CHECK(at.index().at("totalVersions") == 3);
}

TEST_CASE("objects.folder: a damaged object is corrupt, and never served or listed as whole") {
  fixture at;
  REQUIRE(at.put_one(1, "x"));
  REQUIRE(at.put_one(2, "y"));
  const auto good = *file::read(at.object(1), 1 << 20);
  for (size_t i = 0; i < good.size(); ++i) {
    auto bent = good;
    bent[i] = static_cast<char>(bent[i] ^ 0x01);
    overwrite(at.object(1), bent);
    const auto read = at.get_one(1);
    // Another author, time or signature is still a well-formed object: the signature's check is the judge of those.
    const bool unsigned_field = read && read->canonical == sample_snapshot(tenant, 1, "x").canonical;
    CHECK_MESSAGE((unsigned_field || (!read && code_of(read.error()) == ec::corrupt)), bent);
  }
  for (const auto& bad :
       {std::string{}, good.substr(0, good.size() / 2), good + good, *file::read(at.object(2), 1 << 20)}) {
    overwrite(at.object(1), bad);
    CHECK(code_of(at.get_one(1).error()) == ec::corrupt);
    CHECK(ask<versions>(at.sys, at.store, rebuild_index{tenant, soon()})->list == std::vector<int64_t>{2});
    CHECK(code_of(at.put_one(1, "x").error()) == ec::conflict); // Not even to mend it.
  }
}

TEST_CASE("objects.folder: a damaged object is set aside as it is, and the index names what took its place") {
  fixture at;
  REQUIRE(at.put_one(1, "x"));
  overwrite(at.object(1), "half");
  const auto what = sample_snapshot(tenant, 1, "right");
  const auto done = ask<stored>(at.sys, at.store, supersede{what, soon()});
  REQUIRE(done);
  CHECK(*file::read(at.root + "/objects/" + done->aside, 1 << 20) == "half");
  CHECK(mode_of(at.root + "/objects/" + done->aside) != 0);
  CHECK(at.get_one(1)->canonical == what.canonical);
  CHECK(at.index().at("versions").at(0).at("checksum") == what.sha256.c_str());
  CHECK(at.index().at("totalVersions") == 1);
  CHECK(
    code_of(
      ask<snapshot>(at.sys, at.store, get{tenant, 1, soon(), done->aside.substr(done->aside.size() - 69, 64)}).error())
    == ec::corrupt);
}

TEST_CASE(
  "objects.folder: a crash between setting aside and storing leaves the place free, and the next call fills it") {
  fixture at;
  REQUIRE(at.put_one(1, "x"));
  fs::create_directories(at.home() + "/aside");
  fs::rename(at.object(1), at.home() + "/aside/v000001-" + std::string(64, 'a') + ".json");
  const auto what = sample_snapshot(tenant, 1, "right");
  REQUIRE(ask<stored>(at.sys, at.store, put{what, soon()}));
  CHECK(at.get_one(1)->canonical == what.canonical);
  CHECK(at.index().at("versions").at(0).at("checksum") == what.sha256.c_str());
}

TEST_CASE("objects.folder: a full disk is unavailable, nothing is half-written, and it works again afterwards") {
  fixture at;
  REQUIRE(at.put_one(1, "x"));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit full = before;
  full.rlim_cur = 2000;
  ::setrlimit(RLIMIT_FSIZE, &full);
  const auto refused = at.put_one(2, std::string(10'000, 'y'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == ec::unavailable);
  CHECK(code_of(at.get_one(2).error()) == ec::not_found);
  CHECK(std::distance(fs::directory_iterator{at.home() + "/versions"}, {}) == 1);
  CHECK(at.put_one(2, std::string(10'000, 'y')));
}

TEST_CASE("objects.folder: a file in the place of a folder is refused, and a symbolic link is not followed") {
  fixture at;
  REQUIRE(at.put_one(1, "x"));
  overwrite(at.root + "/elsewhere", *file::read(at.object(1), 1 << 20));
  fs::remove(at.object(1));
  fs::create_symlink(at.root + "/elsewhere", at.object(1));
  CHECK(code_of(at.get_one(1).error()) == ec::refused);
  fs::remove_all(at.home());
  overwrite(at.home(), "a file");
  CHECK(code_of(at.put_one(1, "x").error()) == ec::refused);
}

TEST_CASE("objects.folder: what a crash left behind is invisible, and swept by a rebuild") {
  fixture at;
  REQUIRE(at.put_one(1, "x"));
  overwrite(at.home() + "/versions/.tmp-00112233", "half");
  CHECK(ask<versions>(at.sys, at.store, list{tenant, soon()})->list == std::vector<int64_t>{1});
  CHECK(ask<versions>(at.sys, at.store, rebuild_index{tenant, soon()})->list == std::vector<int64_t>{1});
  CHECK_FALSE(fs::exists(at.home() + "/versions/.tmp-00112233"));
}

TEST_CASE("objects.folder: of two writers of one version one wins, and both indexes agree") {
  fixture at;
  const auto second = at.start();
  for (int64_t version = 1; version <= 20; ++version) {
    caf::scoped_actor self{at.sys};
    int won = 0, lost = 0;
    auto a = self->request(at.store, caf::duration{contracts::patience},
                           put{sample_snapshot(tenant, version, "a"), soon()});
    auto b = self->request(second, caf::duration{contracts::patience},
                           put{sample_snapshot(tenant, version, "b"), soon()});
    for (auto* pending : {&a, &b})
      pending->receive([&](stored&) { ++won; }, [&](caf::error& e) { lost += code_of(e) == ec::conflict; });
    CHECK(won == 1);
    CHECK(lost == 1);
  }
  CHECK(at.index().at("totalVersions") == 20);
}
