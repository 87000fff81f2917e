#include "actors/wizard/core/walk.test.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::wizard::core;

TEST_CASE("wizard: a whole walk ends in a manifest with stable ids") {
  walk w;
  w.to(step::review);
  CHECK(gaps(w.r.draft, everything()).empty());
  const auto m = build_manifest(w.r.draft);
  CHECK(m.community_name == "Dune Traders");
  REQUIRE(m.assets.size() == 1);
  CHECK(m.assets[0].id == "asset-1");
  CHECK(m.assets[0].symbol == "BERA");
  CHECK(m.assets[0].min_balance == "10");
  REQUIRE(m.roles.size() == 3);
  CHECK(m.roles[0].id == "role-gold");
  CHECK(m.roles[0].tier_id == "gold");
  CHECK(m.roles[0].color == 0xFFD700);
  REQUIRE(m.categories.size() == 2);
  CHECK(m.categories[1].id == "cat-vip");
  CHECK(m.categories[1].access_tiers == std::vector<std::string>{"gold", "silver"});
  CHECK(m.channels[3].id == "ch-vip-chat");
  CHECK(m.channels[3].category_id == "cat-vip");
  CHECK(m.channels[0].read_only);
  w.click("deploy");
  CHECK(w.last.what == decision::deploy);
  CHECK(w.r.at == step::deploy);
  CHECK(w.r.idempotency_key() == std::string(32, 'a') + "-1");
}

TEST_CASE("wizard: continue leads to the next step, back to the one before, from every step") {
  for (auto s : all_steps) {
    if (s >= step::review)
      continue;
    walk w;
    w.to(s);
    const auto next = static_cast<step>(static_cast<int>(s) + 1);
    w.to(next);
    CHECK(w.r.at == next);
    CHECK(w.click("back").what == decision::show);
    CHECK(w.r.at == s);
    if (s == step::init)
      CHECK(w.click("back").what == decision::refuse);
  }
  walk review;
  review.to(step::review);
  review.click("back");
  CHECK(review.r.at == step::channel_structure);
}

TEST_CASE("wizard: a step that lacks its answer refuses to go on and says what to do") {
  const std::vector<std::pair<step, std::string>> table{{step::init, "Community name"},
                                                        {step::chain_select, "Blockchain"},
                                                        {step::asset_config, "Assets"},
                                                        {step::eligibility_rules, "Tiers"},
                                                        {step::channel_structure, "Channels"}};
  for (auto& [at, word] : table) {
    walk w;
    w.to(at);
    w.click("continue");
    CHECK(w.last.what == decision::refuse);
    CHECK(w.last.sentence.find(word) != std::string::npos);
    CHECK(w.r.at == at);
  }
}

TEST_CASE("wizard: any step can be edited from the review and returns to the review") {
  const std::vector<std::pair<std::string, step>> table{{"edit-chain", step::chain_select},
                                                        {"edit-assets", step::asset_config},
                                                        {"edit-tiers", step::eligibility_rules},
                                                        {"edit-roles", step::role_mapping},
                                                        {"edit-channels", step::channel_structure}};
  for (auto& [action, at] : table)
    for (auto leave : {"continue", "back"}) {
      walk w;
      w.to(step::review);
      const auto before = w.r.draft;
      REQUIRE(w.click(action).what == decision::show);
      CHECK(w.r.at == at);
      REQUIRE(w.click(leave).what == decision::show);
      CHECK(w.r.at == step::review);
      CHECK(w.r.draft == before);
      CHECK_FALSE(w.r.from_review);
    }
  walk w;
  w.to(step::review);
  CHECK(w.submit("community-name", {{"name", "Other Name"}}).what == decision::show);
  CHECK(w.r.at == step::review);
  CHECK(w.r.draft.name == "Other Name");
}

TEST_CASE("wizard: an edit that leaves a hole leads to the hole, not to a review that cannot be deployed") {
  walk w;
  w.to(step::review);
  w.click("edit-chain");
  w.click("chain", {"base"});
  CHECK(w.last.sentence == "Removed with their blockchain: BERA on Berachain.");
  w.click("continue");
  CHECK(w.r.at == step::asset_config);
  CHECK(w.r.from_review);
  w.submit("asset-address", {}, "native:base");
  w.click("continue");
  CHECK(w.r.at == step::review);
}

TEST_CASE("wizard: roles follow the tiers: stale ones go, missing ones are made, kept ones keep their choice") {
  walk w;
  w.to(step::role_mapping);
  w.click("role-gold", {"100000000000000002"});
  REQUIRE(w.last.what == decision::show);
  w.click("role-silver", {"100000000000000002"});
  CHECK(w.last.what == decision::refuse); // One role, one tier.
  w.to(step::review);
  w.click("edit-tiers");
  w.click("tier-template", {"standard"});
  w.click("continue");
  CHECK(w.r.at == step::review);
  REQUIRE(w.r.draft.roles.size() == 5);
  CHECK(w.r.draft.roles[0].tier_id == "diamond");
  CHECK_FALSE(w.r.draft.roles[0].existing);
  CHECK(w.r.draft.roles[2].existing == snowflake{100000000000000002});
  CHECK(w.r.draft.categories[1].access_tiers == std::vector<std::string>{"diamond", "platinum"});
  CHECK(gaps(w.r.draft, everything()).empty());
}

TEST_CASE("wizard: a channel that was restricted never becomes open by a change of tiers") {
  walk w;
  w.to(step::review);
  auto d = w.r.draft;
  d.channel_template = "current";
  d.channels[3].access_tiers = {"bronze"};
  choose_tiers(d, tier_template{"two", "Two", "", "basic", 9, {{"High", 1, 5, 1}, {"Low", 6, 9, 2}}});
  CHECK(d.channels[3].access_tiers == std::vector<std::string>{"low"});
  CHECK(d.categories[1].access_tiers == std::vector<std::string>{"high", "low"});
}

TEST_CASE("wizard: the second of two clicks on one screen does nothing and is told") {
  walk w;
  w.to(step::asset_config);
  w.native();
  const event twice{event::click, w.r.id, "continue", "", w.r.version, {}, {}};
  w.take(apply(w.r, twice, w.seen()));
  CHECK(w.r.at == step::eligibility_rules);
  const auto second = apply(w.r, twice, w.seen());
  CHECK(second.what == decision::overtaken);
  CHECK(second.sentence.find("quicker") != std::string::npos);
  // Negative control: without the version in the custom id the same click would act on a screen that the admin has not
  // seen.
  auto blind = twice;
  blind.action = "back";
  blind.seen_version.reset();
  CHECK(apply(w.r, blind, w.seen()).next.at == step::asset_config);
}

TEST_CASE("wizard: a plan is not deployed against the guild's will, and the sentence says what to change") {
  struct wall {
    const char* says;
    void (*build)(walk&);
  };
  const std::vector<wall> table{
    {"Manage Roles", [](walk& w) { w.facts.roles[1].permissions = permissions::manage_channels; }},
    {"Manage Channels", [](walk& w) { w.facts.roles[1].permissions = permissions::manage_roles; }},
    {"Move the bot's role above",
     [](walk& w) {
       w.r.draft.roles[0].existing = snowflake{100000000000000002};
       w.facts.roles[1].position = 4;
     }},
    {"not there any more", [](walk& w) { w.r.draft.roles[0].existing = snowflake{100000000000000009}; }},
    {"belongs to an integration", [](walk& w) { w.r.draft.roles[0].existing = snowflake{100000000000000001}; }},
    {"250",
     [](walk& w) {
       for (uint64_t i = 0; w.facts.roles.size() < 248; ++i)
         w.facts.roles.push_back(role(200000000000000000 + i, "r", 1));
     }},
    {"500", [](walk& w) { w.facts.channels.resize(494); }},
    {"choose at least one", [](walk& w) { w.r.draft.chains.clear(); }}};
  for (auto& x : table) {
    walk w;
    w.to(step::review);
    x.build(w);
    CAPTURE(x.says);
    CHECK(w.click("deploy").what == decision::refuse);
    CHECK(w.last.sentence.find(x.says) != std::string::npos);
    CHECK(screen(w.r, w.seen()).find("\"disabled\":true") != std::string::npos);
  }
  walk unread;
  unread.to(step::review);
  CHECK(apply(unread.r, {event::click, unread.r.id, "deploy", "", unread.r.version, {}, {}}, {everything(), nullptr, 0})
          .what
        == decision::refuse);
}

TEST_CASE("wizard: retry after a failure works, whether it was submitted or not") {
  walk w;
  w.to(step::failed);
  CHECK(w.click("retry").what == decision::retry);
  CHECK(w.r.at == step::deploy);
  CHECK(w.r.submitted.version == 1);

  walk refused;
  refused.to(step::deploy);
  refused.r = submission_failed(refused.r, true, "frozen");
  CHECK(refused.r.at == step::failed);
  CHECK(refused.click("retry").what == decision::deploy);
  CHECK(refused.r.idempotency_key().ends_with("-2"));

  walk unsure;
  unsure.to(step::deploy);
  unsure.r = submission_failed(unsure.r, false, "no answer");
  CHECK(unsure.r.at == step::deploy);
  CHECK(unsure.click("retry").what == decision::deploy);
  CHECK(unsure.r.idempotency_key().ends_with("-1")); // The same key: it cannot happen twice.
  CHECK(unsure.click("cancel").what == decision::refuse);

  walk waiting;
  waiting.to(step::deploy);
  waiting.r = submission_waits(waiting.r);
  CHECK(waiting.r.at == step::deploy);
  CHECK(waiting.r.error.starts_with("Waiting for the signer"));
  CHECK(waiting.click("retry").what == decision::deploy);
  CHECK(waiting.r.idempotency_key().ends_with("-1"));

  walk changed;
  changed.to(step::failed);
  changed.click("back");
  CHECK(changed.r.at == step::review);
  CHECK(changed.click("deploy").what == decision::deploy);
}

TEST_CASE("wizard: a deployment settles by its own version only") {
  walk w;
  w.to(step::deploy);
  auto running = submission_accepted(w.r, {3, "d", "j"});
  CHECK(settled(running, {3, "running", "", 0, {}}).at == step::deploy);
  CHECK(settled(running, {3, "completed", "", 0, {}}).at == step::complete);
  CHECK(settled(running, {3, "failed", "Move the role up.", 0, {}}).error == "Move the role up.");
  CHECK(settled(running, {4, "running", "", 0, {}}).at == step::complete);
}

TEST_CASE("wizard: a frozen community disables Deploy and Retry and shows the reason, and a thawed one does not") {
  walk w;
  w.to(step::review);
  auto frozen = w.seen();
  frozen.frozen = freeze_sentence("spam wave");
  const auto click = [&](const char* action, const context& at) {
    return apply(w.r, {event::click, w.r.id, action, "", w.r.version, {}, {}}, at);
  };
  CHECK(screen(w.r, frozen).find("frozen (spam wave): nothing is deployed") != std::string::npos);
  CHECK(screen(w.r, w.seen()).find("frozen") == std::string::npos);
  CHECK(click("deploy", frozen).what == decision::refuse); // A click on an older screen.
  CHECK(click("deploy", frozen).sentence.find("spam wave") != std::string::npos);
  CHECK(click("deploy", w.seen()).what == decision::deploy); // Negative control.
  w.to(step::deploy);
  w.r = submission_accepted(w.r, {1, "d", "j"});
  CHECK(screen(w.r, frozen).find("This community is frozen (spam wave)") != std::string::npos);
  deployment_state read{.version = 1, .state = "pending", .error = {}, .done = 0, .left_over = {}};
  frozen.progress = &read; // The status just read says that it is thawed: what was known before does not count.
  CHECK(screen(w.r, frozen).find("frozen") == std::string::npos);
  read.frozen = freeze_sentence("another");
  CHECK(screen(w.r, frozen).find("This community is frozen (another)") != std::string::npos);
  frozen.progress = nullptr;
  w.r = settled(w.r, {1, "failed", "why", 0, {}});
  w.r.version = 9;
  CHECK(screen(w.r, frozen).find("This community is frozen (spam wave)") != std::string::npos);
  CHECK(click("retry", frozen).what == decision::refuse);
  CHECK(click("retry", w.seen()).what == decision::retry);
}

TEST_CASE("wizard: a deployment that the database lost ends its session, and Retry submits the plan anew") {
  walk w;
  w.to(step::deploy);
  const auto running = submission_accepted(w.r, {3, "d", "j"});
  for (const auto& lost : {settled(running, {2, "completed", "", 0, {}, "c"}),
                           settled(running, {3, "running", "", 0, {}, "e"}), submission_lost(running)}) {
    CHECK(lost.at == step::failed);
    CHECK(lost.error.find("restored from an older backup and does not know version 3") != std::string::npos);
    w.r = lost;
    CHECK(w.click("retry").what == decision::deploy);
    CHECK(w.r.idempotency_key() != running.idempotency_key());
  }
  // Negative control: what was not confirmed cannot be lost, and the same id is ours.
  CHECK(settled(submission_failed(w.r, false, "?"), {2, "completed", "", 0, {}, "c"}).at == step::deploy);
  CHECK(settled(running, {3, "running", "", 0, {}, "d"}).at == step::deploy);
}

TEST_CASE("wizard: editing a community builds the very manifest again") {
  walk w;
  w.to(step::review);
  auto active = build_manifest(w.r.draft);
  active.roles[1].permissions = {"VIEW_CHANNEL"};
  auto e = editing(fresh("b", snowflake{1}, snowflake{2}, snowflake{3}, 0), active, 4);
  CHECK(e.at == step::review);
  CHECK(e.base_version == 4);
  CHECK(build_manifest(e.draft) == active);
  CHECK(gaps(e.draft, everything()).empty());
  CHECK(e.base_resources.size() == 3 + 2 + 5);
}
