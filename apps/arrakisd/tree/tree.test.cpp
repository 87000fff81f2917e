#include "apps/arrakisd/tree/tree.hpp"

#include "actors/commands/command.hpp"
#include "actors/jobs/job.hpp"
#include "actors/outbox_relay/targets/target.hpp"
#include "runtime/log.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/source_file.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <doctest/doctest.h>
#include <functional>
#include <set>
#include <sstream>

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
      parts(settings, where, registry::tree_node::root("arrakis")),
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

/// Returns true if there is a child of that name, at any depth.
bool has(const std::vector<supervisor::child>& children, std::string_view name) {
  return std::ranges::any_of(
    children, [&](const auto& c) { return c.name == name || (c.below && has(c.below->children, name)); });
}

std::string token_file(const test::scratch& tmp) {
  const auto path = tmp / "token";
  std::ofstream{path} << "a.b.c\n";
  return path;
}

/// The lines of a page from "arrakis  [" to the end of that block, or to a line without text.
std::string picture(const std::string& path) {
  const auto page = test::content(test::source_file(path));
  const auto begin = page.find("\narrakis  [");
  REQUIRE(begin != std::string::npos);
  return page.substr(begin + 1, std::min(page.find("```", begin), page.find("\n\n", begin) + 1) - begin - 1);
}

/// Returns true if `lines`, without those of dots alone, are a subsequence of `whole`.
bool is_part(const std::string& lines, const std::string& whole) {
  std::istringstream in{lines};
  size_t at = 0;
  for (std::string line; std::getline(in, line); at += line.size()) {
    if (line.find_first_not_of(" .") == line.npos)
      continue;
    if (at = ("\n" + whole).find("\n" + line + "\n", at); at == whole.npos)
      return false;
  }
  return true;
}
} // namespace

TEST_CASE("tree: docs/architecture.md shows the tree as it is declared") {
  log::set_sink([](std::string_view) {});
  const test::scratch tmp{"token"};
  const declared d{{{"ARRAKIS_DISCORD_TOKEN_FILE", token_file(tmp)}}};
  const registry::declaration top{
    true, std::string{supervisor::word(tree::strategy)}, tree::intensity.restarts_max, 600, {}};
  CHECK(picture("docs/architecture.md")
        == "arrakis  " + registry::in_words(top) + "\n" + supervisor::describe(d.children, 1));
  log::set_sink(nullptr);
}

TEST_CASE("tree: README.md shows a part of the tree of docs/architecture.md") {
  const auto whole = picture("docs/architecture.md"), part = picture("README.md");
  CHECK(part.size() > 200);
  CHECK(is_part(part, whole));
  CHECK_FALSE(is_part(part + "  of_yesterday\n", whole)); // Negative control.
  CHECK_FALSE(is_part("    redis\n    postgres  [one_for_one, 10 in 60 s]\n", whole));
}

TEST_CASE("tree: without a role its branch is absent, and without a token whatever connects to Discord") {
  log::set_sink([](std::string_view) {});
  const declared api{{{"ARRAKIS_NODE_ROLES", "api"}}};
  CHECK(has(api.children, "ingress"));
  for (const auto* absent : {"work", "bot", "shards", "identity"})
    CHECK_MESSAGE(!has(api.children, absent), absent);
  CHECK(api.parts.workers.empty());
  const test::scratch tmp{"token"};
  const declared all{{{"ARRAKIS_DISCORD_TOKEN_FILE", token_file(tmp)}}}; // Negative control.
  for (const auto* present : {"work", "bot", "shards", "identity"})
    CHECK_MESSAGE(has(all.children, present), present);
  log::set_sink(nullptr);
}

TEST_CASE("tree: commands, targets and jobs find in the tree of a node with every role what they ask for") {
  log::set_sink([](std::string_view) {});
  const declared d;
  auto& sys = d.parts.sys;
  const auto end = [](const auto& started) { caf::anon_send_exit(started, caf::exit_reason::user_shutdown); };
  for (const auto* owner : commands::all())
    CHECK_NOTHROW_MESSAGE(end(owner->start(sys, d.parts.available)), owner->name);
  for (const auto* target : targets::all())
    CHECK_NOTHROW_MESSAGE(target->bind(d.parts.available), target->name);
  for (const auto* kind : jobs::all())
    CHECK_NOTHROW_MESSAGE(end(kind->start(sys, {.available = &d.parts.available})), kind->terms.name);
  // Negative control: what is not there is missed.
  CHECK_THROWS_AS(d.parts.available.get<log::level>(), missing_service);
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
