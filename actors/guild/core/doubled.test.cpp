#include "actors/guild/core/doubled.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::blueprint;

namespace {
struct fixture {
  guild::state now;
  std::vector<guild::audit_entry> log;
  fixture() {
    now.id = {1};
    now.bot = {2};
    now.roles = {{{10}, "Gold"}, {{11}, "Gold"}};
    now.channels = {{{20}, guild::category, "VIP"}, {{21}, guild::category, "VIP"}};
    for (const uint64_t id : {10, 11})
      log.push_back({{2}, {id}, 30, "Arrakis: role “Gold” [aa]"});
    for (const uint64_t id : {20, 21})
      log.push_back({{2}, {id}, 10, "Arrakis: category “VIP” [bb]"});
  }
};
} // namespace

TEST_CASE_FIXTURE(fixture, "doubled: a second role or channel with the nonce of one of ours in the audit log is found, "
                           "with a sentence for the admin") {
  const auto list = find_doubled(now, log, {{10}, {21}});
  REQUIRE(list.size() == 2);
  CHECK(list[0].kind == "role");
  CHECK(list[0].id == snowflake{11});
  CHECK(list[0].used == snowflake{10});
  CHECK(list[1].kind == "category");
  CHECK(list[1].id == snowflake{20});
  CHECK(has_repeated_nonce(log, {2}));
  CHECK(describe(list[0])
        == "Discord made the role “Gold” twice: it carried out one request of ours late. The plan uses 10; nobody uses "
           "11. Delete 11 if nobody needs it.");
}

TEST_CASE_FIXTURE(fixture,
                  "doubled: negative control: another nonce, another maker, what is gone and what we use are none") {
  CHECK(find_doubled(now, log, {{10}, {11}, {20}, {21}}).empty()); // Both are used.
  CHECK(find_doubled(now, log, {}).empty());                       // Neither is: that is no doubling of ours.
  auto of_somebody = log;
  of_somebody[1].user = {9};
  CHECK(find_doubled(now, of_somebody, {{10}, {20}}).size() == 1);
  auto other_nonce = log;
  other_nonce[1].reason = "Arrakis: role “Gold” [cc]";
  other_nonce[3].reason = "made by hand [bb]";
  CHECK(find_doubled(now, other_nonce, {{10}, {20}}).empty());
  CHECK_FALSE(has_repeated_nonce(other_nonce, {2}));
  now.roles.pop_back();
  CHECK(find_doubled(now, log, {{10}, {20}}).size() == 1); // Somebody deleted it.
  log.push_back(log[2]);                                   // One entry on two pages.
  log.erase(log.begin() + 3);
  CHECK_FALSE(has_repeated_nonce({log[2], log[3]}, {2}));
}

TEST_CASE("doubled: the nonce is what the gate writes at the end of a reason") {
  CHECK(nonce_in("Arrakis: role “A [b]” [0123]") == "0123");
  CHECK(nonce_in("Arrakis: role “A [b]”").empty());
  CHECK(nonce_in("role “A” [0123]").empty());
  CHECK(nonce_in("Arrakis: ]").empty());
  CHECK(nonce_in("").empty());
}
