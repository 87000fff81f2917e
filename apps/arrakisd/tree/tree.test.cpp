#include "apps/arrakisd/tree/tree.hpp"

#include "runtime/log.hpp"
#include "tests/support/scratch.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <functional>
#include <set>

using namespace arrakis;

namespace {
/// The tree of a node with every role and a token, which is declared and never started.
struct declared {
  test::scratch tmp{"tree"};
  config settings;
  wiring::addresses where{secret{"host=/nonexistent"}, secret{"host=/nonexistent"}, secret{"host=/nonexistent"},
                          secret{"unix:///nonexistent/redis.sock"}, secret{"unix:///nonexistent/redis.sock"}};
  tree::parts parts;
  std::vector<supervisor::child> children;

  explicit declared(config::environment environment = {})
    : settings(*config::load("", with_folder(std::move(environment)))),
      parts(settings, where, registry::place::root("arrakis")),
      children(tree::declare(parts)) {}
  ~declared() {
    supervisor::end_routers(children);
    parts.cache.stop();
    parts.queue_link.stop();
  }
  config::environment with_folder(config::environment environment) const {
    environment["ARRAKIS_NODE_STATE_FOLDER"] = tmp / "state";
    return environment;
  }
};

std::string token_file(const test::scratch& tmp) {
  const auto path = tmp / "token";
  std::ofstream{path} << "a.b.c\n";
  return path;
}

/// The block of docs/architecture.md below the line "arrakis".
std::string picture() {
  const char* source = std::getenv("ARRAKIS_SOURCE_DIR");
  const auto page = test::content(std::string{source ? source : "."} + "/docs/architecture.md");
  const auto begin = page.find("\narrakis  [");
  REQUIRE(begin != std::string::npos);
  return page.substr(begin + 1, page.find("```", begin) - begin - 1);
}
} // namespace

TEST_CASE("tree: docs/architecture.md shows the tree as it is declared") {
  log::set_sink([](std::string_view) {});
  const test::scratch tmp{"token"};
  const declared d{{{"ARRAKIS_DISCORD_TOKEN_FILE", token_file(tmp)}}};
  const registry::declaration top{
    true, std::string{supervisor::word(tree::strategy)}, tree::intensity.restarts_max, 600, {}};
  CHECK(picture() == "arrakis  " + registry::in_words(top) + "\n" + supervisor::describe(d.children, 1));
  log::set_sink(nullptr);
}

TEST_CASE("tree: without a role its branch is absent, and without a token whatever connects to Discord") {
  log::set_sink([](std::string_view) {});
  const declared api{{{"ARRAKIS_NODE_ROLES", "api"}}};
  const auto text = supervisor::describe(api.children);
  CHECK(text.find("ingress") != std::string::npos);
  for (const auto* absent : {"work", "bot", "shards", "identity"})
    CHECK_MESSAGE(text.find("\n" + std::string{absent}) == std::string::npos, absent);
  CHECK_FALSE(api.parts.worker);
  log::set_sink(nullptr);
}

TEST_CASE("tree: no two children of one supervisor have the same name, so that each path is one actor") {
  log::set_sink([](std::string_view) {});
  const declared d;
  const std::function<void(const std::vector<supervisor::child>&)> check = [&](const auto& children) {
    std::set<std::string> names;
    for (const auto& c : children) {
      CHECK_MESSAGE(names.insert(c.name).second, c.name);
      if (c.below)
        check(c.below->children);
    }
  };
  check(d.children);
  log::set_sink(nullptr);
}
