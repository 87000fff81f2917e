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
  CHECK(add(mine, "discord:4711", "{}")->sequence == 3); // What was refused left no gap.
  CHECK(check(mine).whole);
  CHECK(check(mine).entries == 3);
  CHECK(check(other).entries == 1);
  CHECK(code_of(ask<verified>(sys, to, verify{mine, gone()}).error()) == ec::timeout);
}
} // namespace arrakis::contracts
