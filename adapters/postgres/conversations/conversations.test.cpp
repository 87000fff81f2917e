#include "adapters/postgres/conversations/conversations.hpp"

#include "adapters/postgres/deployments/deployments.hpp"
#include "tests/support/fakes/submission.hpp"
#include "tests/support/stores.hpp"

namespace {
using namespace arrakis;
using namespace std::chrono_literals;
using conversations::ending;
using conversations::settle;
using conversations::settled;
using conversations::still_waits;
using conversations::take_ending;
using conversations::waits;

struct bench : test::stores {
  conversations::handle store = live.keep(conversations::start(live.sys(), app));
  deployments::handle deployments = live.keep(deployments::start(live.sys(), app));

  deployments::submitted deploy(uint64_t guild, std::chrono::milliseconds life, const std::string& token = "token") {
    const auto p = get<deployments::prepared>(deployments, deployments::prepare{{guild}, soon()});
    auto order = test::submission(p, {guild}, "click", soon());
    order.application = {99};
    order.interaction_token = secret{token};
    order.token_life = life;
    return get<deployments::submitted>(deployments, order);
  }
  std::vector<conversations::conversation> take() {
    return get<ending>(store, take_ending{60s, 1min, 100, soon()}).list;
  }
  static conversations::key key_of(const conversations::conversation& c) {
    return {c.community, c.deployment, c.interaction_token};
  }
  bool waits_still(const conversations::conversation& c) {
    return get<waits>(store, still_waits{key_of(c), 1min, soon()}).yes;
  }
  /// As if the time that who took them had is over.
  void let_go() { owner("update deployments set telling_until = clock_timestamp() - interval '1 second'"); }
  std::string listed() { return owner("select count(*) from ending_conversations(60000, 100)"); }
  bool click(const deployments::submitted& s, std::chrono::milliseconds life, const std::string& token) {
    deployments::follow order{s.community, s.deployment, {{99}, secret{token}, life}, soon()};
    return get<deployments::followed>(deployments, order).is_open;
  }
};
} // namespace

TEST_CASE("conversations: one that ends soon is taken once, with what is needed to speak, and a long one is not") {
  bench b;
  const auto s = b.deploy(1, 50s);
  b.deploy(2, 15min); // Negative control.
  const auto taken = b.take();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].community == s.community);
  CHECK(taken[0].deployment == s.deployment);
  CHECK(taken[0].version == 1);
  CHECK(taken[0].application == snowflake{99});
  CHECK(taken[0].interaction_token == "token");
  CHECK(taken[0].left > 0ms);
  CHECK(taken[0].left <= 50s);
  CHECK(b.take().empty());
}

TEST_CASE("conversations: what nobody has confirmed is told again, by another, and what was confirmed is not") {
  bench b;
  b.deploy(1, 50s);
  const auto taken = b.take();
  REQUIRE(taken.size() == 1);
  CHECK(b.take().empty()); // Held.
  b.let_go();              // The process that had it has died.
  REQUIRE(b.take().size() == 1);
  CHECK(b.waits_still(taken[0]));
  b.let_go();
  CHECK(b.waits_still(taken[0])); // Held again,
  CHECK(b.take().empty());        // so not for others.
  for (int i = 0; i < 2; ++i)     // Once more says the same.
    b.get<settled>(b.store, settle{bench::key_of(taken[0]), b.soon()});
  CHECK_FALSE(b.waits_still(taken[0]));
  b.let_go();
  CHECK(b.take().empty());
}

TEST_CASE("conversations: while a worker has it, and after a newer click, nobody is to speak") {
  bench b;
  const auto s = b.deploy(1, 50s);
  const auto taken = b.take();
  REQUIRE(taken.size() == 1);
  CHECK(b.waits_still(taken[0]));
  const auto of = b.get<deployments::claimed>(b.deployments, deployments::claim{s.community, 1, "w", 60s, b.soon()});
  CHECK_FALSE(b.waits_still(taken[0]));
  b.let_go();
  CHECK(b.listed() == "0");
  CHECK(b.take().empty());
  b.get<deployments::conversation>(
    b.deployments, deployments::abandon{{s.community, s.deployment, of.run}, false, "X", "why", b.soon()});
  CHECK(b.waits_still(taken[0])); // Waiting.
  b.let_go();
  CHECK(b.listed() == "1");
  b.click(s, 55s, "newer");
  CHECK_FALSE(b.waits_still(taken[0]));
  b.get<settled>(b.store, settle{bench::key_of(taken[0]), b.soon()}); // Too late: of another conversation.
  const auto newer = b.take();
  REQUIRE(newer.size() == 1);
  CHECK(newer[0].interaction_token == "newer");
}

TEST_CASE("conversations: a full page says that there may be more, and the next one has others") {
  bench b;
  for (uint64_t guild = 1; guild <= 3; ++guild)
    b.deploy(guild, 50s);
  const auto page = [&] { return b.get<ending>(b.store, take_ending{60s, 1min, 2, b.soon()}); };
  const auto first = page(), second = page();
  CHECK(first.list.size() == 2);
  CHECK(first.more);
  CHECK(second.list.size() == 1);
  CHECK_FALSE(second.more);
}

TEST_CASE("conversations: a newer click begins a new one, which ends later and is told of again") {
  bench b;
  const auto s = b.deploy(1, 50s);
  const auto first = b.take();
  REQUIRE(first.size() == 1);
  b.get<settled>(b.store, settle{bench::key_of(first[0]), b.soon()});
  b.click(s, 15min, "newer");
  CHECK(b.take().empty());
  b.click(s, 40s, "newest");
  const auto again = b.take();
  REQUIRE(again.size() == 1);
  CHECK(again[0].interaction_token == "newest");
}

TEST_CASE("conversations: of a deployment that has ended, or whose token is over, nothing is told") {
  bench b;
  const auto s = b.deploy(1, 50s);
  const auto taken = b.get<deployments::claimed>(b.deployments, deployments::claim{s.community, 1, "w", 60s, b.soon()});
  b.get<deployments::conversation>(
    b.deployments,
    deployments::abandon{{s.community, s.deployment, taken.run}, true, "PERMISSION_ERROR", "why", b.soon()});
  // The end of the deployment erased the token; if one stays, the state alone prevents a message.
  b.owner("update deployments set interaction_token = 'left'");
  CHECK(b.owner("select state from deployments where token_until > clock_timestamp()") == "failed");
  CHECK(b.listed() == "0");
  CHECK(b.take().empty());
  CHECK_FALSE(b.waits_still({.community = s.community, .deployment = s.deployment, .interaction_token = "left"}));
  b.owner("update deployments set state = 'waiting', completed_at = null");
  CHECK(b.listed() == "1"); // Negative control: nothing else kept it so.
  b.owner("update deployments set token_until = clock_timestamp() - interval '1 second'");
  CHECK(b.listed() == "0");
  CHECK(b.take().empty());
}

TEST_CASE("deployments: a click's conversation is that of the worker from its next renewal on, while it is open") {
  bench b;
  const auto s = b.deploy(1, 15min, "first");
  const auto taken = b.get<deployments::claimed>(b.deployments, deployments::claim{s.community, 1, "w", 60s, b.soon()});
  CHECK(taken.interaction_token == "first");
  const deployments::key of{s.community, s.deployment, taken.run};
  const auto renewed = [&] {
    return b.get<deployments::conversation>(b.deployments, deployments::renew{of, 60s, b.soon()}).interaction_token;
  };
  CHECK(renewed() == "first");
  CHECK(b.click(s, 15min, "second"));
  CHECK(renewed() == "second");
  b.get<deployments::status_of>(b.deployments, deployments::status{s.community, 0, b.soon()}); // Only a question.
  CHECK(renewed() == "second");
  CHECK(b.click(s, 0ms, "over"));
  CHECK(renewed() == "second");
  b.owner("update deployments set token_until = clock_timestamp() - interval '1 second'");
  CHECK(renewed().empty());
  CHECK(b.click(s, 10min, "third"));
  const deployments::abandon end{of, true, "X", "why", b.soon()};
  const auto last = b.get<deployments::conversation>(b.deployments, end);
  CHECK(last.interaction_token == "third"); // Nobody renewed since that click.
  CHECK(last.application == snowflake{99});
  CHECK(last.token_life > 9min);
  CHECK(last.token_life <= 10min);
  CHECK(b.get<deployments::conversation>(b.deployments, end).interaction_token.empty()); // Erased.
  CHECK_FALSE(b.click(s, 15min, "late"));
  CHECK(b.owner("select interaction_token is null from deployments") == "t");
}

TEST_CASE("deployments: the status says what an open one waits for") {
  bench b;
  const auto s = b.deploy(1, 15min);
  const auto look = [&] {
    return b.get<deployments::status_of>(b.deployments, deployments::status{s.community, 0, b.soon()});
  };
  CHECK(look().job == s.job);
  CHECK_FALSE(look().is_sent);
  CHECK_FALSE(look().has_worker);
  CHECK(look().status == "active");
  b.owner("update outbox set sent_at = clock_timestamp()");
  CHECK(look().is_sent);
  b.get<deployments::claimed>(b.deployments, deployments::claim{s.community, 1, "w", 60s, b.soon()});
  CHECK(look().has_worker);
  b.owner("update deployments set lease_until = clock_timestamp() - interval '1 second'");
  CHECK_FALSE(look().has_worker);
  b.owner("update communities set status = 'frozen'");
  CHECK(look().status == "frozen");
  CHECK(look().frozen_because.empty()); // Nobody gave a reason.
  CHECK_FALSE(look().is_quarantined);
}
