#include "actors/wizard/core/channels.hpp"

#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/review.hpp"
#include "actors/wizard/core/screens.hpp"
#include "actors/wizard/core/walk.test.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::wizard::core;

namespace {
guild::channel channel(uint64_t id, std::string name, int type, uint64_t parent = 0) {
  guild::channel c;
  c.id = snowflake{id};
  c.name = std::move(name);
  c.type = type;
  c.parent = snowflake{parent};
  return c;
}

/// The standard template beside what the server has: two channels of one name, in different categories.
walk at_channels() {
  walk w;
  w.facts.channels = {channel(100000000000000010, "Tabr", guild::category),
                      channel(100000000000000011, "general", guild::text, 100000000000000010),
                      channel(100000000000000012, "general", guild::text),
                      channel(100000000000000013, "talk", guild::voice)};
  w.to(step::channel_structure);
  w.click("channel-template", {"standard"});
  return w;
}

/// The value of the menu's entry for the channel or category of the plan.
std::string item_named(const walk& w, std::string_view name) {
  const auto items = channel_items(w.r.draft);
  for (size_t i = 0; i < items.size(); ++i)
    if (name_of(w.r.draft, items[i]) == name)
      return std::to_string(i);
  FAIL("no such item: ", name);
  return {};
}
} // namespace

TEST_CASE("wizard: a channel and a category that are there are chosen like roles") {
  auto w = at_channels();
  w.click("channel-pick", {item_named(w, "general")});
  auto text = screen(w.r, w.seen());
  CHECK(text.find("In Tabr") != std::string::npos); // The category tells the two apart.
  CHECK(text.find("Without a category") != std::string::npos);
  CHECK(text.find("\"value\":\"100000000000000013\"") == std::string::npos); // A voice channel is no text channel.
  w.click("channel-use", {"100000000000000011"});
  REQUIRE(w.last.what == decision::show);
  w.click("channel-pick", {item_named(w, "COMMUNITY")});
  w.click("channel-use", {"100000000000000010"});
  text = screen(w.r, w.seen());
  CHECK(text.find("#general → <#100000000000000011>, as it is") != std::string::npos);
  CHECK(text.find("**COMMUNITY** → <#100000000000000010>, as it is") != std::string::npos);
  auto stored = read_record(to_text(w.r));
  REQUIRE(stored);
  CHECK(stored->draft == w.r.draft);
  w.click("continue");
  const auto m = build_manifest(w.r.draft);
  CHECK(m.categories[0].existing == snowflake{100000000000000010});
  CHECK(m.channels[1].existing == snowflake{100000000000000011});
  CHECK(draft_of(m).channels == w.r.draft.channels);
  CHECK(resource_ids(m).size() == 3 + 1 + 4); // Existing channels are not ours.
  CHECK(w.click("deploy").what == decision::deploy);
}

TEST_CASE("wizard: the review counts a chosen channel as one of the server, and says nothing of who sees it") {
  auto w = at_channels();
  const auto made = changes_of(w.r, &w.facts, nullptr);
  CHECK(made.channels.added == 5);
  CHECK(made.doubles.size() == 1); // "a second #general" of the two that are there, or "another".
  w.click("channel-pick", {item_named(w, "general")});
  w.click("channel-use", {"100000000000000011"});
  const auto chosen = changes_of(w.r, &w.facts, nullptr);
  CHECK(chosen.channels.added == 4);
  CHECK(chosen.chosen_added == 1);
  CHECK(chosen.doubles.empty());
  CHECK(change_lines(w.r, w.seen()).find("+1 channel of yours") != std::string::npos);
  CHECK(member_lines(w.r.draft).find("#general") == std::string::npos);
  CHECK(member_lines(w.r.draft).find("is not changed") != std::string::npos);
  const auto active = build_manifest(w.r.draft);
  w.r.base_version = 1;
  CHECK(changes_of(w.r, &w.facts, &active).chosen_added == 0);
  w.click("channel-use", {"create_new"});
  CHECK(changes_of(w.r, &w.facts, &active).chosen_removed == 1);
}

TEST_CASE("wizard: one channel stands for one thing of the plan, of its own type, and can be given up again") {
  auto w = at_channels();
  w.click("channel-pick", {item_named(w, "general")});
  w.click("channel-use", {"100000000000000011"});
  w.click("channel-pick", {item_named(w, "announcements")});
  CHECK(w.click("channel-use", {"100000000000000011"}).what == decision::refuse);
  CHECK(w.last.sentence.find("stands for “general” already") != std::string::npos);
  for (const auto* wrong : {"100000000000000013", "100000000000000010", "7", "", "x"})
    CHECK_MESSAGE(w.click("channel-use", {wrong}).what == decision::refuse, wrong);
  w.click("channel-pick", {item_named(w, "general")});
  w.click("channel-use", {"create_new"});
  CHECK_FALSE(w.r.draft.channels[1].existing);
  w.click("channel-use", {"100000000000000012"});
  w.click("channel-template", {"minimal"}); // Another template begins anew.
  for (auto& c : w.r.draft.channels)
    CHECK_FALSE(c.existing);
}

TEST_CASE("wizard: a closed channel that is made again after another stood for it is still closed") {
  auto w = at_channels();
  w.click("channel-pick", {item_named(w, "vip-chat")});
  w.click("channel-use", {"100000000000000012"});
  CHECK(screen(w.r, w.seen()).find("as it is (only") == std::string::npos); // The plan does not say who sees it.
  w.click("continue");
  REQUIRE(w.r.at == step::review);
  CHECK(w.r.draft.channels[3].existing);
  auto again = draft_of(build_manifest(w.r.draft));
  set_existing(again, {false, 3}, std::nullopt);
  CHECK(again.channels[3].access_tiers == std::vector<std::string>{"gold", "silver"});
}

TEST_CASE("wizard: a chosen channel that went meanwhile keeps the plan from being deployed") {
  auto w = at_channels();
  w.click("channel-pick", {item_named(w, "general")});
  w.click("channel-use", {"100000000000000011"});
  w.click("continue");
  CHECK(apply(w.r, {event::click, w.r.id, "deploy", "", w.r.version, {}, {}}, w.seen()).what == decision::deploy);
  std::erase_if(w.facts.channels, [](auto& c) { return c.id == snowflake{100000000000000011}; });
  CHECK(w.click("deploy").what == decision::refuse);
  CHECK(w.last.sentence.find("The channel that was chosen for “general” is not there any more") != std::string::npos);
}

TEST_CASE("wizard: a server of many channels is paged through, and one that cannot be read says so") {
  auto w = at_channels();
  w.click("channel-pick", {item_named(w, "general")});
  for (uint64_t i = 0; i < 60; ++i)
    w.facts.channels.push_back(channel(100000000000000100 + i, "c" + std::to_string(i), guild::text));
  size_t seen = 0;
  for (int page = 0; page < 3; ++page) {
    const auto text = screen(w.r, w.seen());
    for (auto& c : w.facts.channels)
      seen += text.find("\"value\":\"" + c.id.text() + "\"") != std::string::npos;
    CHECK(text.find("More channels (" + std::to_string(page + 1) + "/3)") != std::string::npos);
    w.click("more-channels");
  }
  CHECK(seen == 62);
  const context blind{everything(), nullptr, 0};
  CHECK(screen(w.r, blind).find("could not be read just now") != std::string::npos);
  CHECK(apply(w.r, {event::click, w.r.id, "channel-use", "", w.r.version, {"100000000000000012"}, {}}, blind).what
        == decision::refuse);
}
