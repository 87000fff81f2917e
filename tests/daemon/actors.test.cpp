// `arrakisctl tree` and `actors` against a running daemon.
#include "runtime/json.hpp"
#include "tests/daemon/daemon.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::daemon_test;

namespace {
boost::json::array rows(arrakis_daemon& d, strings words, const char* list) {
  words.insert(words.begin(), "--json");
  const auto [code, text] = d.ctl(words);
  REQUIRE_MESSAGE(code == 0, text);
  const auto parsed = json::parse(text);
  REQUIRE(parsed);
  return parsed->at(list).as_array();
}
} // namespace

TEST_CASE("daemon: an operator sees the supervision tree and every actor, and nobody else's socket serves them") {
  arrakis_daemon d;
  REQUIRE_MESSAGE(d.ready(), d.log());
  CHECK(test::mode_of(d.folder() + "/operator.sock") == 0600);

  const auto [code, tree] = d.ctl({"tree"});
  CHECK(code == 0);
  CHECK_MESSAGE(tree.starts_with("arrakis  [one_for_one, 5 in 600 s]\n  adapters  [one_for_one, 10 in 60 s]\n"
                                 "    postgres  [one_for_one, 10 in 60 s]\n"),
                tree);
  CHECK(tree.find("\n    commands  [one_for_one, 5 in 60 s]\n      check\n") != std::string::npos);
  CHECK(tree.find("\n    jobs  [temporary]  one per job") != std::string::npos);
  for (const auto* bad : {"restarting", "ended", "starting"})
    CHECK_MESSAGE(tree.find(bad) == std::string::npos, tree);

  const auto all = rows(d, {"actors"}, "actors");
  CHECK(all.size() > 50);
  for (const auto& each : all) // A place that no supervisor knows is no place of ours.
    CHECK_MESSAGE(json::text_or(each.as_object(), "path").starts_with("arrakis"), json::print(each));
  const auto redis = rows(d, {"actors", "arrakis/adapters/redis"}, "actors");
  REQUIRE(redis.size() == 2);
  CHECK(redis[0].at("path").as_string().starts_with("arrakis/adapters/redis"));
  CHECK(rows(d, {"actors", "arrakis/adapters/postgres/pool", "--sort", "rate"}, "actors").size() == 6);
  CHECK(d.ctl({"actors", "arrakis", "--sort", "name"}).first == 2);
  CHECK(d.ctl({"actors", "a b"}).first == 2);
  const auto nobody = d.ctl({"actors", "arrakis/nobody"});
  CHECK(nobody.first == 1);
  CHECK_MESSAGE(nobody.second.find("no actor is at arrakis/nobody") != std::string::npos, nobody.second);

  CHECK(d.stop() == 0);
  const auto [after, text] = d.ctl({"tree"});
  CHECK(after == 1);
  CHECK_MESSAGE(text.find("is it running") != std::string::npos, text);
}
