#include "actors/guild/core/manifest_names.hpp"

#include "runtime/json.hpp"
#include "tests/support/fakes/manifest.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;

TEST_CASE("manifest: names of a new version are judged, those of a stored one are not") {
  CHECK_FALSE(check_names(test::sample_manifest()));
  const auto fault = [](auto change) {
    auto m = test::sample_manifest();
    change(m);
    CHECK(read_manifest(json::print(to_json(m))));
    return text_of(check_names(m));
  };
  CHECK(fault([](auto& m) { m.community_name = "abc\u3164"; })
        == "manifest /community/name: U+3164 shows nothing: leave it out");
  CHECK(fault([](auto& m) { m.tiers[0].name = "\u0301"; })
        == "manifest /tiers/0/name: nothing of it can be seen: use letters, digits or signs");
  CHECK(fault([](auto& m) { m.roles[0].name = "a\u202eb"; }).starts_with("manifest /roles/0/name: U+202E"));
  CHECK(fault([](auto& m) { m.categories[0].name = "a\u180e"; }).starts_with("manifest /categories/0/name: U+180E"));
  CHECK(fault([](auto& m) {
          m.rules = {{"rule", "a\u200b", admitted_to_tiers{}, {}}};
          m.rules[0].when.leaf_kind = "native";
        }).starts_with("manifest /rules/0/name: U+200B"));
  CHECK(fault([](auto& m) { m.channels[0].name = "!?"; })
        == "manifest /channels/0/name: Discord leaves nothing of it: use letters or digits");
  CHECK(fault([](auto& m) {
          m.channels[0].name.clear();
          for (int i = 0; i < 60; ++i)
            m.channels[0].name += "İ";
        })
        == "manifest /channels/0/name: in lower case it has 120 characters; at most 100 are allowed");
}
