#include "actors/wizard/core/progress.hpp"

#include <doctest/doctest.h>

using namespace arrakis::wizard::core;

namespace {
deployment_state in(std::string state) {
  deployment_state d;
  d.version = 3;
  d.state = std::move(state);
  return d;
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
} // namespace

TEST_CASE("wizard progress: queued says why, one reason at a time, and building says how far") {
  auto d = in("pending");
  CHECK(phase_of(d) == phase::queued);
  CHECK(has(progress_text(d, {}), "⏳ **Queued.** It begins in a moment."));
  d.waiting = 4;
  CHECK(has(queued_because(d), "4 deployments wait in the queue"));
  d.is_sent = false;
  CHECK(has(queued_because(d), "waits for a place in the queue"));
  d.state = "waiting";
  d.error = "PostgreSQL is away";
  CHECK(queued_because(d) == "PostgreSQL is away. It is tried again by itself.");
  d.code = "RATE_LIMIT_TIMEOUT";
  d.error = "Discord asks the bot to wait about 10 minutes.";
  CHECK(
    queued_because(d)
    == "Discord allows the bot no more requests just now. Discord asks the bot to wait about 10 minutes. It goes on "
       "by itself.");
  d.is_paused = true;
  CHECK(has(queued_because(d), "has paused all deployments"));
  d.is_quarantined = true;
  CHECK(has(queued_because(d), "keeps this community apart"));
  d.frozen = "This community is frozen (spam).";
  CHECK(queued_because(d) == "This community is frozen (spam). Then it goes on by itself.");
  d.state = "running"; // The worker holds the lease and may do nothing.
  CHECK(phase_of(d) == phase::queued);

  d = in("running");
  CHECK(phase_of(d) == phase::building);
  d.done = 2;
  CHECK(has(progress_text(d, {}), "🔨 **Building.** 2 roles, categories and channels"));
  d.at = 4;
  d.of = 10;
  d.stage = "channels";
  CHECK(has(progress_text(d, {}),
            "🔨 **Building: 4 of 9** roles, categories and channels. Now: channels and permissions."));
  CHECK(has(progress_text(d, {}), "▰▰▰▰▱▱▱▱▱▱ 40 %"));
  CHECK(stopped_at(d) == "It stopped at: channels and permissions, 4 of 9.");
  d.at = 10;
  CHECK(has(progress_text(d, {}), "9 of 9"));
  d.has_worker = false;
  CHECK(phase_of(d) == phase::queued);
  CHECK(has(queued_because(d), "Another one takes it over"));
  CHECK(stopped_at(in("failed")).empty());
  CHECK(phase_of(in("failed")) == phase::failed);
  CHECK(phase_of(in("cancelled")) == phase::failed);
  CHECK(phase_of(in("completed")) == phase::done);
}

TEST_CASE("wizard progress: each look shows its own time, and until when the message follows by itself") {
  const auto d = in("pending");
  CHECK(progress_text(d, {1'000'000, 1'900'000})
        == "⏳ **Queued.** It begins in a moment.\n\nAs of <t:1000:T>. This message follows it until <t:1900:t>, "
           "unless a newer one does; after that press “Check progress” or `/resume`.");
  CHECK(progress_text(d, {2'000'000, 0}) != progress_text(d, {1'000'000, 0}));
  CHECK_FALSE(has(progress_text(d, {2'000'000, 0}), "follows"));
}
