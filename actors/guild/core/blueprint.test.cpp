#include "actors/guild/core/blueprint.hpp"

#include "schemas/permissions.hpp"
#include "tests/support/fakes/manifest.hpp"

#include <algorithm>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::blueprint;

namespace {
const target_guild target{{1}, {2}};
ids known_ids() {
  return {{{"role", "role-gold"}, {11}},
          {{"role", "role-silver"}, {12}},
          {{"category", "cat-open"}, {21}},
          {{"category", "cat-vip"}, {22}}};
}
channel_fields channel(const std::string& id) {
  return std::get<channel_fields>(*wanted(test::sample_manifest(), {"channel", id}, known_ids(), target));
}
guild::overwrite of(const channel_fields& f, uint64_t id) {
  const auto found = std::find_if(f.overwrites.begin(), f.overwrites.end(),
                                  [&](const auto& w) { return w.id.value == id; });
  return found == f.overwrites.end() ? guild::overwrite{} : *found;
}
} // namespace

TEST_CASE("blueprint: access is exactly the listed tiers, and the bot is never locked out") {
  using namespace permissions;
  CHECK(channel("ch-general").overwrites.empty());
  CHECK(channel("ch-general").parent == snowflake{21});
  CHECK(channel("ch-general").name == "general-chat");

  const auto vip = channel("ch-vip"); // Those of its category.
  CHECK(of(vip, 1).deny == view_channel);
  CHECK(of(vip, 11).allow == view_channel);
  CHECK(of(vip, 12) == guild::overwrite{});
  CHECK(of(vip, 2).type == 1);
  CHECK((of(vip, 2).allow & view_channel) != 0);

  const auto news = channel("ch-news");
  CHECK(of(news, 1).deny == send_messages);
  CHECK((of(news, 2).allow & send_messages) != 0);
  CHECK(news.overwrites.size() == 2);

  const auto both = channel("ch-both");
  CHECK(of(both, 11).allow == view_channel);
  CHECK(of(both, 12).allow == view_channel);
  CHECK(of(channel("ch-voice"), 11).allow == view_channel);
  CHECK(of(channel("ch-voice"), 2).allow == view_channel);
}

TEST_CASE("blueprint: what needs an unknown snowflake is not known") {
  auto ids = known_ids();
  ids.erase({"role", "role-gold"});
  CHECK_FALSE(wanted(test::sample_manifest(), {"category", "cat-vip"}, ids, target));
  CHECK(wanted(test::sample_manifest(), {"channel", "ch-general"}, ids, target));
  CHECK_FALSE(wanted(test::sample_manifest(), {"role", "nobody"}, ids, target));
}

TEST_CASE("blueprint: channel names as Discord writes them") {
  struct row {
    const char *given, *text, *voice;
  };
  for (const auto& r :
       {row{"General Chat", "general-chat", "General Chat"}, row{"  a  - b ", "a-b", "  a  - b "},
        row{"Rules!", "rules", "Rules!"}, row{"tier_1", "tier_1", "tier_1"}, row{"ÄRGER Ωm", "ärger-ωm", "ÄRGER Ωm"},
        row{"東京\u3000クラブ", "東京-クラブ", "東京\u3000クラブ"}}) {
    CHECK(channel_name(r.given, guild::text) == r.text);
    CHECK(channel_name(r.given, guild::voice) == r.voice);
  }
}

TEST_CASE("blueprint: fields survive being stored, and differences are named") {
  for (const auto& r : resources(test::sample_manifest())) {
    const auto f = wanted(test::sample_manifest(), r.key, known_ids(), target);
    REQUIRE(f);
    CHECK(differences(*f, *read(text(*f))).empty());
  }
  const fields a = role_fields{"Gold", 1, true, false, 8}, b = role_fields{"gold", 2, true, false, 8};
  CHECK(differences(a, b) == std::vector<std::string>{"name", "color"});
  CHECK(update_body(a, {"color"}, b) == R"({"color":1})");
}

TEST_CASE("blueprint: the name that Discord answered is the one that later readings are compared with") {
  const fields asked = role_fields{" Straße ", 1, true, false, 8}, answered = role_fields{"STRASSE", 1, true, false, 8};
  const auto stored = *read(text(applied(asked, answered)));
  CHECK(differences(answered, settled(asked, &stored)).empty());
  CHECK(differences(answered, settled(asked, nullptr)) == std::vector<std::string>{"name"}); // Negative control.
  // Somebody renames it, or a new version wants another name: that is a difference.
  CHECK(differences(role_fields{"Street", 1, true, false, 8}, settled(asked, &stored)).size() == 1);
  CHECK(differences(answered, settled(role_fields{"Gasse", 1, true, false, 8}, &stored)).size() == 1);
  // A request to Discord never equals its answer.
  CHECK(create_body(stored).find("requested_name") == std::string::npos);
  CHECK(text(applied(asked, asked)) == text(asked));
}

TEST_CASE("blueprint: overwrites of others are kept, those of an earlier version are not") {
  channel_fields want, now, before;
  want.overwrites = {{{1}, 0, 0, 1024}};
  before.overwrites = {{{1}, 0, 0, 1024}, {{7}, 0, 1024, 0}};
  now.overwrites = {{{1}, 0, 0, 1024}, {{7}, 0, 1024, 0}, {{99}, 0, 1024, 0}};
  const fields had = before;
  CHECK(differences(managed(now, want, &had), want) == std::vector<std::string>{"overwrites"});
  CHECK(differences(managed(now, want), want).empty());
  CHECK(update_body(want, {"overwrites"}, now, &had)
        == R"({"permission_overwrites":[{"id":"1","type":0,"allow":"0","deny":"1024"},)"
           R"({"id":"99","type":0,"allow":"1024","deny":"0"}]})");
}

TEST_CASE("blueprint: roles are made in the order of the tiers, whatever their ranks") {
  auto m = arrakis::test::sample_manifest();
  std::swap(m.tiers[0], m.tiers[1]);
  const auto all = arrakis::blueprint::resources(m);
  for (size_t i = 0; i < 2; ++i)
    CHECK(std::ranges::find(m.roles, all[i].key.resource, &arrakis::manifest_role::id)->tier_id == m.tiers[i].id);
}
