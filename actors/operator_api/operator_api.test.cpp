#include "actors/operator_api/operator_api.hpp"

#include "runtime/exception.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/io.hpp"
#include "runtime/net/net_fixture.hpp"
#include "runtime/net/try_listen.hpp"
#include "runtime/registry/spawn.hpp"
#include "runtime/supervisor.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/sim_system.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace arrakis;

namespace {
struct note {};
struct crash {};
caf::behavior working(caf::event_based_actor* self) {
  keep_exception_text(self);
  return {[](note) {}, [](crash) { throw std::runtime_error("planted"); }};
}

struct fixture {
  test::scratch tmp{"operator"};
  test::sim_system sim;
  registry::tree_node root = registry::tree_node::root("arrakis");
  std::map<std::string, caf::actor> at;
  supervisor::handle top;
  net::io threads;
  net::http_client client{threads};
  std::string folder = tmp / "state";
  std::unique_ptr<net::http_server> server;

  fixture() {
    root.make_default();
    ::mkdir(folder.c_str(), 0700);
    std::vector<supervisor::child> children;
    for (const std::string id : {"a", "b"})
      children.push_back(
        {.name = id, .start = [this, id] { return at[id] = registry::spawn(sim.sys(), {"worker"}, working); }});
    top = supervisor::start(sim.sys(), "work", children);
    sim.run();
    server = std::make_unique<net::http_server>(threads, operator_api::listener_options(folder),
                                                operator_api::handler(root));
  }
  net::http_response ask(const std::string& target, const std::string& method = "GET") {
    auto got = net::test::get(client, "http+unix:" + operator_api::socket_path(folder), {method, target, {}, {}, {}});
    REQUIRE(got);
    return std::move(*got);
  }
  boost::json::array rows(const std::string& target, const char* list) {
    const auto got = ask(target);
    REQUIRE(got.status == 200);
    auto parsed = json::parse(got.body);
    REQUIRE(parsed);
    return parsed->at(list).as_array();
  }
};

/// True when a process of another user gets a byte of an answer; that user may open the socket's file here.
bool another_user_is_answered(const std::string& path) {
  const auto child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0)
      ::_exit(2);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      ::_exit(3);
    const std::string_view request = "GET /tree HTTP/1.1\r\nHost: x\r\n\r\n";
    [[maybe_unused]] const auto sent = ::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    char byte = 0;
    ::_exit(::recv(fd, &byte, 1, 0) == 1 ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) < 2);
  return WEXITSTATUS(status) == 1;
}
} // namespace

TEST_CASE("operator api: the tree is told with strategies, states and the last crash") {
  fixture f;
  caf::anon_send(f.at["b"], crash{});
  f.sim.run();
  const auto tree = f.rows("/tree", "tree");
  REQUIRE(tree.size() == 3);
  CHECK(tree[0].at("path") == "arrakis/work");
  CHECK(tree[0].at("strategy") == "one_for_one");
  CHECK(tree[0].at("restarts_max") == 5);
  CHECK(tree[1].at("path") == "arrakis/work/a");
  CHECK(tree[1].at("depth") == 1);
  CHECK(tree[1].at("state") == "waiting");
  CHECK(tree[2].at("state") == "restarting");
  CHECK(tree[2].at("restarts") == 1);
  CHECK(tree[2].at("last_error") == "planted");
}

TEST_CASE("operator api: actors are listed at and below a path, those with the most first") {
  fixture f;
  for (int i = 0; i < 3; ++i)
    caf::anon_send(f.at["b"], note{});
  auto all = f.rows("/actors", "actors");
  REQUIRE(all.size() == 3);
  CHECK(all[0].at("path") == "arrakis/work/b");
  CHECK(all[0].at("mailbox") == 3);
  CHECK(all[0].at("state") == "running");
  f.sim.run();
  all = f.rows("/actors?path=arrakis/work/b&sort=rate", "actors");
  REQUIRE(all.size() == 1);
  CHECK(all[0].at("handled") == 3);
  CHECK(all[0].at("kind") == "worker");
  CHECK(f.rows("/actors?limit=1", "actors").size() == 1);
  CHECK(json::parse(f.ask("/actors?limit=1").body)->at("total") == 3);
  CHECK(f.rows("/actors?path=nowhere", "actors").empty());
  CHECK(f.rows("/actors?path=arrakis/wor", "actors").empty());
}

TEST_CASE("operator api: what is no question of ours is refused") {
  fixture f;
  for (const auto* target :
       {"/actors?limit=0", "/actors?limit=1001", "/actors?limit=1x", "/actors?sort=name", "/actors?path=%2e",
        "/actors?path=a&path=b", "/actors?x", "/actors?path=a&y=1", "/tree?path=a", "/actors?limit=-1"})
    CHECK_MESSAGE(f.ask(target).status == 400, target);
  CHECK(f.ask("/actors?path=" + std::string(513, 'a')).status == 400);
  CHECK(f.ask("/actors?path=" + std::string(4'000, 'a')).status == 414);
  CHECK(f.ask("/metrics").status == 404);
  CHECK(f.ask("/tree", "DELETE").status == 405);
}

TEST_CASE("operator api: the socket is for this user alone, by its mode and by who connects") {
  fixture f;
  const auto path = operator_api::socket_path(f.folder);
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  if (::geteuid() != 0)
    return; // Only root can become somebody else.
  for (const auto& each : {path, f.folder, f.folder + "/.."})
    ::chmod(each.c_str(), 0777);
  CHECK_FALSE(another_user_is_answered(path));
}

TEST_CASE("operator api: a path too long for a socket, or a daemon that has it already, is an error and no exception") {
  fixture f;
  const auto handler = operator_api::handler(f.root);
  const auto taken = net::try_listen(f.threads, operator_api::listener_options(f.folder), handler);
  REQUIRE_FALSE(taken);
  CHECK(text_of(taken.error()).find("in use") != std::string::npos);
  const auto long_path = net::try_listen(f.threads, operator_api::listener_options("/" + std::string(120, 'a')),
                                         handler);
  REQUIRE_FALSE(long_path);
  CHECK(code_of(long_path.error()) == ec::unavailable);
}
