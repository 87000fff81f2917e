#include "actors/outbox_relay/targets/target.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace arrakis;

TEST_CASE("targets: the targets of this build have distinct names, a help text and what the relay calls") {
  std::set<std::string_view> names;
  for (const auto* target : targets::all()) {
    CHECK(names.insert(target->name).second);
    CHECK_FALSE(target->help.empty());
    CHECK((target->bind != nullptr));
  }
  CHECK(names == std::set<std::string_view>{"enqueue_job", "store_manifest"});
}
