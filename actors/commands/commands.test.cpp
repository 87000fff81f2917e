#include "actors/commands/command.hpp"
#include "actors/commands/publish.hpp"
#include "actors/ingress/routes.hpp"
#include "runtime/flow.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/fakes/identity.hpp"
#include "tests/support/sim_system.hpp"
#include "tests/support/source_file.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <set>
#include <sstream>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
std::string golden_path() { return test::source_file("schemas/golden/commands.json"); }

/// One command a line, so that a change is seen as one line.
std::string lined(const std::string& json) {
  std::string out = "[\n";
  auto parsed = boost::json::parse(json);
  auto& list = parsed.as_array();
  for (size_t i = 0; i < list.size(); ++i)
    out += "  " + boost::json::serialize(list[i]) + (i + 1 < list.size() ? ",\n" : "\n");
  return out + "]\n";
}

struct fixture {
  std::map<std::string, std::string> redis;
  int redis_fails = 0;
  std::vector<discord::call> calls;
  int status = 200;
  test::sim_system sim;
  bool application_is_known = false; ///< Then nothing is published by itself.
  discord::identity_port identity = test::start_identity(sim.sys(), application_is_known, {{9}, {8}});
  commands::publisher publisher;

  fixture() {
    auto redis_body = [this](redis::handle::pointer) -> redis::handle::behavior_type {
      return {[this](const redis::command& c) -> caf::result<redis::reply> {
                if (redis_fails-- > 0)
                  return fail(ec::unavailable, "away");
                redis::reply r;
                if (redis::words_of(c)[0] == "SET")
                  redis[redis::words_of(c)[1]] = redis::words_of(c)[2];
                else if (redis.contains(redis::words_of(c)[1])) {
                  r.type = redis::reply::text;
                  r.bytes = redis[redis::words_of(c)[1]];
                }
                return r;
              },
              [](const redis::eval&) { return redis::reply{}; }};
    };
    auto rest_body = [this](discord::rest::pointer) -> discord::rest::behavior_type {
      return {[this](const discord::call& c) {
        calls.push_back(c);
        return discord::answer{status, "[]"};
      }};
    };
    publisher = commands::start_publisher(sim.sys(), sim.sys().spawn(redis_body), sim.sys().spawn(rest_body), identity);
  }
  ~fixture() {
    caf::anon_send_exit(publisher, caf::exit_reason::kill);
    caf::anon_send_exit(identity, caf::exit_reason::kill);
    sim.run();
  }
  caf::expected<commands::published> publish() {
    caf::scoped_actor self{sim.sys()};
    auto pending = self->request(publisher, caf::infinite, commands::publish{snowflake{9}, {sim.now() + 60s}});
    sim.advance(60s);
    std::optional<caf::expected<commands::published>> out;
    pending.receive([&](commands::published& p) { out.emplace(std::move(p)); },
                    [&](caf::error& e) { out.emplace(std::move(e)); });
    return std::move(*out);
  }
};
} // namespace

TEST_CASE("commands: every owner declares what Discord takes, under names of its own") {
  ingress::route_table table;
  std::set<std::string_view> names;
  for (const auto* owner : commands::all()) {
    CHECK_NOTHROW(table.add(*owner, {}));
    CHECK((owner->start != nullptr));
    for (const auto& c : owner->commands)
      names.insert(c.name);
  }
  for (const auto* expected : {"onboard", "resume", "rules", "reconcile"})
    CHECK(names.contains(expected));
}

namespace {
/// A thing that a user can type, press or send, and the permission that it needs: a command, component or modal by its
/// name or prefix.
struct usable {
  std::string name;
  interaction what; ///< Of a member without any right.
  uint64_t needs = 0;
};

usable used(interaction_kind kind, std::string_view name, uint64_t needs) {
  interaction x;
  x.guild = snowflake{2};
  x.kind = kind;
  (kind == interaction_kind::command ? x.command : x.custom_id) = name;
  if (kind != interaction_kind::command)
    x.custom_id += ":administrator:8:v1"; // An id gives no right.
  return {std::string{name}, std::move(x), needs};
}

/// An entry of the menu of a user.
usable on_user(std::string_view name, uint64_t needs) {
  auto out = used(interaction_kind::command, name, needs);
  out.what.command_type = command_type::user;
  return out;
}

/// Written here a second time, on purpose: a permission that is dropped or lowered where it is declared is found.
std::vector<usable> expected() {
  using enum interaction_kind;
  constexpr auto admin = permissions::administrator;
  constexpr uint64_t everyone = 0;
  return {used(command, "check", everyone),
          on_user("Check roles", admin),
          used(command, "why", everyone),
          used(command, "onboard", admin),
          used(command, "reconcile", admin),
          used(command, "resume", admin),
          used(command, "rules", admin),
          used(component, "deployment:progress", admin),
          used(component, "deployment:retry", admin),
          used(component, "reconcile", admin),
          used(component, "wizard", admin),
          used(modal, "asset-address", admin),
          used(modal, "asset-decimals", admin),
          used(modal, "community-name", admin),
          used(modal, "tier-add", admin),
          used(modal, "tier-edit", admin),
          used(modal, "rule-add", admin),
          used(modal, "rule-edit", admin)};
}

/// The same as the owners declare it.
std::vector<usable> declared(const std::vector<const ingress::declaration*>& owners) {
  std::vector<usable> out;
  for (const auto* owner : owners) {
    for (const auto& c : owner->commands) {
      out.push_back(used(interaction_kind::command, c.name, c.needs.bits()));
      out.back().what.command_type = c.type;
    }
    for (const auto& c : owner->components)
      out.push_back(used(interaction_kind::component, c.prefix, c.needs.bits()));
    for (const auto& c : owner->modals)
      out.push_back(used(interaction_kind::modal, c.prefix, c.needs.bits()));
  }
  return out;
}

std::set<std::string> lines(const std::vector<usable>& list) {
  std::set<std::string> out;
  for (const auto& each : list)
    out.insert(std::to_string(static_cast<int>(each.what.kind)) + " " + each.name + " "
               + permissions::text(each.needs));
  return out;
}

/// Of the list, those that a member without rights is not refused, though they need one.
std::vector<std::string> let_in(const std::vector<const ingress::declaration*>& owners,
                                const std::vector<usable>& list) {
  ingress::route_table table;
  for (const auto* owner : owners)
    table.add(*owner, {});
  std::vector<std::string> out;
  for (const auto& each : list)
    if (each.needs != 0 && code_of(ingress::judge(table.find(each.what), each.what, false)) != ec::refused)
      out.push_back(each.name);
  return out;
}
} // namespace

TEST_CASE(
  "commands: each command, component and modal needs what is written here, and a member without it is refused") {
  CHECK(lines(declared(commands::all())) == lines(expected()));
  CHECK(let_in(commands::all(), expected()).empty());
  // Negative control: an owner that opens its button to everyone is found, by its declaration and by pressing it.
  const ingress::declaration open{.name = "open",
                                  .components = {{.prefix = "reconcile", .needs = ingress::permission::everyone()}}};
  const std::vector<usable> button{used(interaction_kind::component, "reconcile", permissions::administrator)};
  CHECK(lines(declared({&open})) != lines(button));
  CHECK(let_in({&open}, button) == std::vector<std::string>{"reconcile"});
}

TEST_CASE("commands: the custom ids in messages of earlier versions still lead somewhere") {
  ingress::route_table table;
  for (const auto* owner : commands::all())
    table.add(*owner, {});
  const std::string session(32, 'a');
  interaction x;
  x.guild = snowflake{2};
  x.member_permissions = permissions::administrator;
  x.kind = interaction_kind::component;
  for (const auto& id : {"wizard:continue:" + session + ":v1", "wizard:asset-type:" + session + ":base:v3",
                         "wizard:cancel:" + session, std::string{"deployment:retry:3"}}) {
    x.custom_id = id;
    CHECK_MESSAGE(!ingress::judge(table.find(x), x, false), id);
  }
  x.custom_id = "of-some-other-version:1"; // Negative control: and what is gone says how to go on.
  CHECK(text_of(ingress::judge(table.find(x), x, false)).find("/resume") != std::string::npos);
  x.kind = interaction_kind::modal;
  for (const auto& id :
       {"community-name:" + session, "asset-address:" + session + ":erc20:base", "asset-decimals:" + session}) {
    x.custom_id = id;
    CHECK_MESSAGE(!ingress::judge(table.find(x), x, false), id);
  }
}

TEST_CASE("commands: what is registered with Discord is the golden list") {
  const auto now = lined(ingress::registration_json(commands::all()));
  if (std::getenv("ARRAKIS_UPDATE"))
    std::ofstream{golden_path()} << now;
  std::ifstream file{golden_path()};
  std::stringstream kept;
  kept << file.rdbuf();
  CHECK_MESSAGE(kept.str() == now, "run this test with ARRAKIS_UPDATE=1 and look at the difference");
}

TEST_CASE_FIXTURE(fixture, "commands: the list is written once, and again only when it changed") {
  auto first = publish();
  REQUIRE(first);
  CHECK(first->written);
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].method == "PUT");
  CHECK(calls[0].path == "/applications/9/commands");
  CHECK_FALSE(publish()->written);
  CHECK(calls.size() == 1);
  redis["commands:9:sha256"] = "of another list";
  CHECK(publish()->written);
  CHECK(calls.size() == 2);
}

TEST_CASE_FIXTURE(fixture, "commands: a Redis or Discord that is away is waited for, a refusal is not") {
  redis_fails = 3;
  CHECK(publish()->written);
  redis.clear();
  status = 400;
  auto refused = publish();
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == ec::refused);
  CHECK(calls.size() == 2);
  CHECK(redis.empty());
  status = 503;
  CHECK(code_of(publish().error()) == ec::unavailable);
  CHECK(redis.empty());
}

TEST_CASE_FIXTURE(fixture, "commands: the global application commands are published once the application id is known") {
  sim.advance(11min);
  CHECK(calls.empty());
  application_is_known = true;
  redis_fails = 1; // The publisher tries again.
  sim.advance(10s);
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].path == "/applications/9/commands"); // Not the bot's user.
  sim.advance(11min);
  CHECK(calls.size() == 1);
}
