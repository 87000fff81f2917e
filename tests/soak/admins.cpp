#include "tests/soak/admins.hpp"

#include "runtime/json.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis::soak {
namespace {
using std::chrono::seconds;
using system_test::place;

/// A budget of 50 requests a second for fifty guilds at once lets the last one wait a while.
constexpr seconds deployed_within{180};
constexpr seconds looks_for{5};

/// The resources of the n-th version of every community: each change makes, updates and leaves over.
struct taste {
  std::string tiers, channels;
};
taste taste_of(int64_t version) {
  return {(version / 2) % 2 == 0 ? "standard" : "simple", version % 2 == 0 ? "minimal" : "standard"};
}

void expect(demo::person& who, const std::string& text) {
  if (!who.sees(text))
    throw std::runtime_error(fmt::format("expected to see '{}', and saw:\n{}", text, who.text()));
}

/// Presses Deploy and waits for the end, without asking the sandbox again and again.
void deploy(system_test::test_stack& w, demo::person& who, const place& at) {
  who.press("wizard:deploy:*");
  const auto path = fmt::format("messages/{}/{}?contains=is%20ready&wait_ms={}", at.channel,
                                json::text_or(who.message().as_object(), "id"), looks_for.count() * 1000);
  for (auto waited = seconds{0}; waited < deployed_within; waited += looks_for) {
    const auto text = json::print(w.stack().sandbox("GET", path));
    if (text.find("is ready") != std::string::npos)
      return;
    if (text.find("could not be built") != std::string::npos)
      throw std::runtime_error("a deployment failed: " + text);
  }
  who.sees("");
  throw std::runtime_error("a deployment did not end: " + who.text());
}

void change(demo::person& who, int64_t version) {
  const auto wants = taste_of(version);
  who.type("onboard");
  expect(who, fmt::format("at version {}", version - 1));
  who.press("wizard:edit-tiers:*");
  who.press("wizard:tier-template:*", {wants.tiers});
  who.press("wizard:continue:*");
  expect(who, "Step 7 of 8");
  who.press("wizard:edit-channels:*");
  who.press("wizard:channel-template:*", {wants.channels});
  who.press("wizard:continue:*");
  expect(who, "Step 7 of 8");
}
} // namespace

admins::admins(system_test::test_stack& w, size_t communities) : stack_(w) {
  for (size_t i = 0; i < communities; ++i)
    places_.push_back(w.create_guild(fmt::format("Sietch {}", i + 1)));
}

void admins::begin() {
  for (size_t i = 0; i < places_.size(); ++i)
    threads_.emplace_back([this, i](const std::stop_token& stop) {
      try {
        live(places_[i], fmt::format("Sietch {}", i + 1), stop);
      } catch (const std::exception& e) {
        const std::lock_guard guard{lock_};
        complaints_.push_back(fmt::format("Sietch {}: {}", i + 1, e.what()));
        fmt::print("soak: {}\n", complaints_.back());
      }
    });
}

void admins::end() {
  for (auto& each : threads_)
    each.request_stop();
  threads_.clear();
}

std::vector<std::string> admins::complaints() const {
  const std::lock_guard guard{lock_};
  return complaints_;
}

void admins::live(const place& at, const std::string& name, const std::stop_token& stop) {
  auto who = stack_.admin(at);
  demo::onboarding_options o;
  o.name = name;
  o.tiers = taste_of(1).tiers;
  o.channels = taste_of(1).channels;
  demo::walk_to_review(who, o);
  for (int64_t version = 1;; ++version) {
    if (version > 1)
      change(who, version);
    deploy(stack_, who, at);
    ++deployments_;
    if (stop.stop_requested())
      return;
  }
}

} // namespace arrakis::soak
