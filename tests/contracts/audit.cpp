#include "tests/contracts/audit.hpp"

#include "tests/contracts/asking.hpp"

#include <doctest/doctest.h>

namespace arrakis::contracts {
void audit(caf::actor_system& sys, const arrakis::audit::handle& to, const community_id& mine,
           const community_id& other) {
  using namespace arrakis::audit;
  const auto add = [&](const community_id& of, std::string actor, std::string payload) {
    return ask<appended>(sys, to, append{of, "ADMIN_ACTION", std::move(actor), "t", std::move(payload), soon()});
  };
  const auto check = [&](const community_id& of) { return *ask<verified>(sys, to, verify{of, soon()}); };
  CHECK(check(mine).whole);
  const auto first = add(mine, "subject-1", R"({"n":1})");
  REQUIRE_MESSAGE(first, text_of(first.error()));
  CHECK(first->sequence == 1);
  CHECK(add(mine, "subject-1", "")->sequence == 2);
  CHECK(add(other, "subject-1", "{}")->sequence == 1); // A chain of its own.
  CHECK(code_of(add(mine, "s", "{").error()) == ec::invalid);
  CHECK(code_of(add(mine, "discord:x", "{}").error()) == ec::invalid);
  CHECK(add(mine, "discord:4711", "{}")->sequence == 3); // Refused entries left no gap.
  CHECK(check(mine).whole);
  CHECK(check(mine).entries == 3);
  CHECK(check(other).entries == 1);
  CHECK(code_of(ask<verified>(sys, to, verify{mine, gone()}).error()) == ec::timeout);
  const auto read = [&](const community_id& of, std::string event, size_t count_max) {
    return ask<listed>(sys, to, arrakis::audit::list{of, std::move(event), count_max, soon()})->entries;
  };
  const auto all = read(mine, "", 50); // Newest first, and of this tenant alone.
  REQUIRE(all.size() == 3);
  CHECK(all[0].sequence == 3);
  CHECK(all[2].payload_json.find('1') != std::string::npos);
  CHECK(all[2].actor == "subject-1");
  CHECK(all[2].hash == first->hash);
  CHECK(read(mine, "ADMIN_ACTION", 2).size() == 2);
  CHECK(read(mine, "ANOTHER", 50).empty());
  CHECK(read(other, "", 50).size() == 1);
}
} // namespace arrakis::contracts
