#include "tests/contracts/drafts.hpp"

#include "tests/contracts/asking.hpp"

#include <doctest/doctest.h>
#include <string>

namespace arrakis::contracts {
namespace {
using namespace arrakis::drafts;
using namespace std::chrono_literals;

struct desk {
  caf::actor_system& sys;
  const handle& store;
  snowflake guild{7}, user{8};

  bool keep(std::string session, int64_t version, std::string content) {
    auto done = ask<stored>(
      sys, store, arrakis::drafts::store{guild, user, {std::move(session), version, std::move(content)}, soon()});
    REQUIRE_MESSAGE(done, text_of(done.error()));
    return done->is_newest;
  }
  bool forget(std::string session, int64_t version) {
    auto done = ask<stored>(sys, store, arrakis::drafts::erase{guild, user, std::move(session), version, soon()});
    REQUIRE_MESSAGE(done, text_of(done.error()));
    return done->is_newest;
  }
  std::string content() {
    auto got = ask<found>(sys, store, find{guild, user, soon()});
    REQUIRE_MESSAGE(got, text_of(got.error()));
    return got->what ? got->what->content : "";
  }
};
} // namespace

void drafts(caf::actor_system& sys, const handle& store, const std::function<void(std::chrono::seconds)>& age) {
  desk d{sys, store};
  CHECK(d.content().empty());
  CHECK(d.keep("one", 1, "first"));
  CHECK(d.keep("one", 2, "second"));
  CHECK_FALSE(d.keep("one", 1, "late"));
  CHECK_FALSE(d.keep("one", 2, "again"));
  CHECK(d.content() == "second");
  const auto whole = ask<found>(sys, store, find{d.guild, d.user, soon()})->what;
  REQUIRE(whole);
  CHECK(whole->session == "one");
  CHECK(whole->version == 2);
  CHECK(whole->stored_at_ms > 1'700'000'000'000);

  // Guild and user together are the key.
  for (auto& [guild, user] : {std::pair{7, 9}, std::pair{9, 8}, std::pair{8, 7}}) {
    desk other{sys, store, {static_cast<uint64_t>(guild)}, {static_cast<uint64_t>(user)}};
    CHECK(other.content().empty());
    CHECK(other.keep("foreign", 5, "foreign"));
    CHECK(other.forget("foreign", 5));
  }
  CHECK(d.content() == "second");

  // A late write does not bring a forgotten draft back.
  CHECK_FALSE(d.forget("one", 1));
  CHECK(d.content() == "second");
  CHECK(d.forget("one", 2));
  CHECK(d.content().empty());
  CHECK_FALSE(d.keep("one", 2, "late"));
  CHECK(d.content().empty());
  CHECK(d.keep("two", 3, "next"));

  // Another session that counts from one again waits until nothing of the earlier one can be on its way.
  CHECK_FALSE(d.keep("three", 1, "too soon"));
  age(2min);
  CHECK_FALSE(d.keep("two", 1, "late"));
  CHECK(d.keep("three", 1, "third"));
  CHECK(d.content() == "third");

  // Where a setup was cancelled the next one, which counts from one, has its draft at once, and keeps it.
  CHECK(d.keep("four", 20, "cancelled"));
  CHECK(d.forget("four", 20));
  CHECK(d.forget("five", 1)); // As a fresh session does first.
  CHECK_FALSE(d.keep("four", 20, "late"));
  CHECK(d.keep("five", 2, "after that"));
  CHECK_FALSE(d.keep("four", 20, "late"));
  CHECK_FALSE(d.forget("four", 20));
  CHECK(d.content() == "after that");
  CHECK(d.forget("five", 3));
  CHECK(d.keep("three", 1, "third")); // The first write of this session did not arrive.
  CHECK(d.content() == "third");

  age(std::chrono::hours{24 * 7} - 1min);
  CHECK(d.content() == "third");
  age(2min);
  CHECK(d.content().empty());
  CHECK(d.keep("three", 2, "after a week"));
  CHECK(d.content() == "after a week");
  CHECK(code_of(ask<found>(sys, store, find{d.guild, d.user, gone()}).error()) == ec::timeout);
}
} // namespace arrakis::contracts
