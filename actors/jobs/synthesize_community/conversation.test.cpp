// Messages of a deployment go to the conversation of the newest click, and say when they cannot go on.
#include "actors/jobs/synthesize_community/bench.test.hpp"

using namespace arrakis;
using namespace arrakis::jobs::synthesize_community;
using namespace std::chrono_literals;

TEST_CASE("synthesis: a click after the last renewal is told the end, whichever end it is") {
  for (const bool fails : {false, true}) {
    for (const bool clicked : {true, false}) { // Negative control: no click, so the end is told once, where it was.
      CAPTURE(fails);
      CAPTURE(clicked);
      bench b;
      if (fails)
        b.discord.role(test::fake_discord::bot_role).permissions = 0;
      std::vector<std::string> told; // Targets of the edits that tell the end.
      b.store.decide = [&](const char* verb) {
        if (clicked && std::string_view{verb} == (fails ? "abandon" : "complete"))
          b.store.clicked_token = "click";
        return store_fate::normal;
      };
      b.discord.decide = [&](const net::http_request& r) {
        if (r.body.find(fails ? "could not be built" : "is ready") != std::string::npos)
          told.push_back(r.target);
        return discord_fate::normal;
      };
      b.until_end();
      REQUIRE_FALSE(told.empty());
      CHECK((told.back().find("/click/") != std::string::npos) == clicked);
      CHECK(told.size() == (fails && clicked ? 2 : 1)); // A failure is told before its row is closed, too.
    }
  }
}

TEST_CASE("synthesis: in the last minute of its token the message says where to look on, also when no step ends") {
  for (const bool ends : {true, false}) { // Negative control: a token that lives on.
    CAPTURE(ends);
    bench b;
    bool stands = false;
    size_t said = 0;
    b.discord.decide = [&](const net::http_request& r) {
      const bool message = r.target.find("/webhooks/") != std::string::npos;
      const bool hint = r.body.find("cannot follow it much longer: press “Check progress” or `/resume`")
                     != std::string::npos;
      said += message && hint ? 1 : 0;
      if (message || r.method != "POST" || stands)
        return discord_fate::normal;
      stands = true; // The first create gets no answer until its deadline, and the token comes to its last minute.
      CHECK(said == 0);
      if (ends)
        b.store.token_life = 50s;
      return discord_fate::lost;
    };
    b.begin();
    b.sim.advance(10s);
    CHECK(stands);
    CHECK(said == (ends ? 1 : 0)); // Once, although nothing goes on.
    REQUIRE(b.wait());
    CHECK(b.discord.messages.back().find("is ready") != std::string::npos);
    CHECK(b.discord.messages.back().find("much longer") == std::string::npos);
  }
}
