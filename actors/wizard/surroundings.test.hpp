#pragma once
// For the tests of this folder: the world around the wizard, in memory, and an admin who clicks in it.
#include "actors/wizard/core/steps.hpp"
#include "actors/wizard/wizard.hpp"
#include "runtime/json.hpp"
#include "schemas/permissions.hpp"
#include "tests/support/fakes/drafts.hpp"
#include "tests/support/fakes/queue.hpp"
#include "tests/support/fakes/replies.hpp"
#include "tests/support/sim_system.hpp"

#include <boost/json.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <doctest/doctest.h>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::wizard {
using namespace std::chrono_literals;

/// Address of a sample contract.
constexpr auto address = "0x00000000000000000000000000000000000000aa";

/// The world around the wizard, in memory; one thread, so the actors write into it.
struct surroundings {
  std::map<std::string, std::pair<std::string, std::string>> sessions; ///< Redis: version and record, by key.
  bool redis_away = false;
  bool blind_store = false; ///< Negative control: a store that does not compare.
  guild::state facts;
  bool guild_away = false;
  int counted = 0; ///< How often members of roles were asked for.
  std::optional<chain::contract> contract;
  ec chain_says = ec::unknown;
  community::described community;
  std::optional<manifests::shadow> shadow = manifests::shadow{}; ///< None: not readable.
  std::optional<ec> deploy_fails;
  bool deploy_silent = false;
  std::string deploy_waits;
  std::vector<community::deploy> deploys;
  std::vector<community::retry> retries;
  std::optional<deployments::status_of> newest;
  std::optional<deployments::status_of> newest_after_reading; ///< Replaces `newest` after its next reading.
  std::vector<secret> conversations;                          ///< The tokens that `follow` brought.
  test::fake_queue queue;
  test::fake_drafts drafts;
  test::way to_drafts; ///< Without `draw` at once.
};

/// Redis in memory: the wizard's commands and its script.
inline redis::handle::behavior_type fake_redis(redis::handle::pointer, surroundings* w) {
  return {[w](const redis::command& c) -> caf::result<redis::reply> {
            if (w->redis_away)
              return fail(ec::unavailable, "no connection");
            auto at = w->sessions.find(redis::words_of(c).at(1));
            if (at == w->sessions.end())
              return test::list({redis::reply{}, redis::reply{}});
            return test::list({test::text(at->second.first), test::text(at->second.second)});
          },
          [w](const redis::eval& e) -> caf::result<redis::reply> {
            if (w->redis_away)
              return fail(ec::unavailable, "no connection");
            auto at = w->sessions.find(e.keys.at(0));
            const auto version = at == w->sessions.end() ? "0" : at->second.first;
            if (version != e.args.at(0) && !w->blind_store)
              return test::list(
                {test::number(0), test::text(version), test::text(at == w->sessions.end() ? "" : at->second.second)});
            if (e.args.at(1) == "0")
              w->sessions.erase(e.keys[0]);
            else
              w->sessions[e.keys[0]] = {e.args[1], e.args[2]};
            return test::list({test::number(1)});
          }};
}

/// A chain that answers as the surroundings say.
inline chain::handle::behavior_type fake_chain(chain::handle::pointer, surroundings* w) {
  return {[w](const chain::inspect_contract&) -> caf::result<chain::contract> {
            if (!w->contract)
              return fail(w->chain_says, "no endpoint answered");
            return *w->contract;
          },
          [](const cancel&) {}};
}

/// A reader of the guild in memory.
inline guild::handle::behavior_type fake_guilds(guild::handle::pointer, surroundings* w) {
  return {[w](const guild::fetch& q) -> caf::result<guild::state> {
            if (w->guild_away)
              return fail(ec::unavailable, "no grant");
            auto facts = w->facts;
            if (q.role_members)
              ++w->counted;
            else
              facts.role_members.clear();
            return facts;
          },
          [](const guild::fetch_roles&) { return guild::role_list{}; },
          [](const guild::fetch_member&) { return guild::member_roles{}; },
          [](const guild::fetch_creations&) { return guild::creations{}; }};
}

/// The communities in memory.
inline community::proxy::behavior_type fake_communities(community::proxy::pointer self, surroundings* w) {
  return {[w](const community::describe&) { return w->community; },
          [self, w](const community::deploy& x) -> caf::result<community::deployed> {
            w->deploys.push_back(x);
            if (w->deploy_silent) {
              self->make_response_promise<community::deployed>();
              return caf::delegated<community::deployed>{};
            }
            if (w->deploy_fails)
              return fail(*w->deploy_fails, "it does not work because of the reason");
            if (!w->deploy_waits.empty())
              return community::deployed{.waits = w->deploy_waits};
            return community::deployed{{"c"}, 1, "dep-1", "job-1", false};
          },
          [w](const community::latest&) -> caf::result<deployments::status_of> {
            if (!w->newest)
              return fail(ec::not_found, "none");
            const auto now = *w->newest;
            if (auto next = std::exchange(w->newest_after_reading, {}))
              w->newest = std::move(next);
            return now;
          },
          [w](const community::follow& x) -> caf::result<deployments::followed> {
            const bool is_open = w->newest && w->newest->state != "completed" && w->newest->state != "failed";
            if (is_open)
              w->conversations.push_back(x.newest.interaction_token);
            return deployments::followed{is_open};
          },
          [w](const community::retry& x) -> caf::result<community::deployed> {
            w->retries.push_back(x);
            return community::deployed{{"c"}, 1, "dep-1", "job-1", false};
          }};
}

/// The shadow state of the community.
inline manifests::handle::behavior_type fake_manifests(manifests::handle::pointer, surroundings* w) {
  return {[](const manifests::load&) -> caf::result<manifests::record> { return fail(ec::unsupported, "not asked"); },
          [](const manifests::list&) -> caf::result<manifests::listed> { return fail(ec::unsupported, "not asked"); },
          [w](const manifests::load_shadow&) -> caf::result<manifests::shadow> {
            if (!w->shadow)
              return fail(ec::unavailable, "away");
            return *w->shadow;
          }};
}

/// The wizard in two processes, and an admin who clicks.
struct fixture {
  surroundings w;
  test::sim_system sim;
  ingress::handler wizard;
  ingress::handler elsewhere; ///< The same in another process: they share Redis and nothing else.
  std::string screen;         ///< The last one, as JSON text.
  bool apart = false;

  fixture() {
    w.facts.id = snowflake{100000000000000000};
    w.facts.name = "Dune Traders";
    w.facts.owner = snowflake{5};
    w.facts.bot_roles = {snowflake{100000000000000001}};
    for (auto& [id, name, position] : std::vector<std::tuple<uint64_t, const char*, int>>{
           {100000000000000000, "@everyone", 0}, {100000000000000001, "Bot", 9}, {100000000000000002, "Elder", 5}}) {
      guild::role role;
      role.id = snowflake{id};
      role.name = name;
      role.position = position;
      w.facts.roles.push_back(role);
    }
    bot_may(permissions::administrator);
    auto& sys = sim.sys();
    wizard::ports to{sys.spawn(fake_redis, &w),       sys.spawn(fake_chain, &w),        sys.spawn(fake_guilds, &w),
                     sys.spawn(fake_communities, &w), w.drafts.port(sys, &w.to_drafts), sys.spawn(fake_manifests, &w)};
    wizard::options how;
    how.queue = w.queue.port(sys);
    wizard = wizard::start(sys, to, how);
    elsewhere = wizard::start(sys, to, how);
  }
  ~fixture() {
    caf::anon_send_exit(wizard, caf::exit_reason::kill);
    caf::anon_send_exit(elsewhere, caf::exit_reason::kill);
  }

  void bot_may(uint64_t bits) { w.facts.roles[1].permissions = bits; }
  auto made(interaction_kind kind) {
    auto x = std::make_shared<interaction>();
    x->kind = kind;
    x->guild = snowflake{2};
    x->user = snowflake{1};
    x->application = snowflake{9};
    x->token = secret{"token"};
    return x;
  }
  deadline until() { return {sim.now() + 20s}; }
  caf::expected<ingress::reply> take(caf::expected<ingress::reply> given) {
    screen = given ? given->data_json : "";
    apart = given && given->apart;
    return given;
  }
  caf::expected<ingress::reply> command(std::string name, const std::string& session_id = {}) {
    auto x = made(interaction_kind::command);
    x->command = std::move(name);
    if (!session_id.empty())
      x->options.push_back({"session_id", option_type::string, session_id, false});
    return take(sim.ask<ingress::reply>(wizard, ingress::request{x, until()}));
  }
  /// The custom id of the control with this action on the last screen; empty: it has none, or it is disabled.
  std::string control(std::string_view action) {
    auto parsed = boost::json::parse(screen);
    for (auto& row : parsed.at("components").as_array())
      for (auto& c : row.at("components").as_array()) {
        std::string id{c.at("custom_id").as_string()};
        const bool off = c.as_object().contains("disabled");
        if (!off && (id.starts_with("wizard:" + std::string{action} + ":") || id.starts_with(action)))
          return id;
      }
    return {};
  }
  caf::expected<ingress::reply> click_id(const std::string& id, std::vector<std::string> values = {}) {
    auto x = made(interaction_kind::component);
    x->custom_id = id;
    x->values = std::move(values);
    return sim.ask<ingress::reply>(wizard, ingress::request{x, until()});
  }
  caf::expected<ingress::reply> click(std::string_view action, std::vector<std::string> values = {}) {
    const auto id = control(action);
    REQUIRE_MESSAGE(!id.empty(), action);
    return take(click_id(id, std::move(values)));
  }
  caf::expected<ingress::reply> submit(std::string id, std::map<std::string, std::string> fields) {
    auto x = made(interaction_kind::modal);
    x->custom_id = std::move(id);
    x->fields = std::move(fields);
    return take(sim.ask<ingress::reply>(wizard, ingress::request{x, until()}));
  }
  std::string session() { return stored().id; }
  core::record stored() {
    auto at = w.sessions.find("wizard:1:2");
    REQUIRE(at != w.sessions.end());
    auto r = core::read_record(at->second.second);
    REQUIRE(r);
    r->version = std::stoll(at->second.first);
    return *r;
  }
  bool says(std::string_view words) { return screen.find(words) != std::string::npos; }
  void to_review() {
    command("onboard");
    submit("community-name:" + session(), {{"name", "Dune Traders"}});
    click("continue");
    click("chain", {"berachain"});
    click("continue");
    submit("asset-address:" + session() + ":native:berachain", {{"min_balance", "10"}});
    click("continue");
    click("tier-template", {"simple"});
    click("continue");
    click("continue");
    click("channel-template", {"standard"});
    click("continue");
    REQUIRE(says("Step 7 of 8"));
  }
  deployments::status_of status(int64_t version, std::string state) {
    deployments::status_of s;
    s.version = version;
    s.state = std::move(state);
    s.error_text = s.state == "failed" ? "Move the bot's role up." : "";
    return s;
  }
  /// Leaves a guild whose version 1 is deployed.
  void deploy_first_version() {
    to_review();
    click("deploy");
    w.community.exists = true;
    w.community.record.active_version = 1;
    w.community.record.status = "active";
    w.community.active = w.deploys[0].wanted;
    w.newest = status(1, "completed");
  }
};
} // namespace arrakis::wizard
