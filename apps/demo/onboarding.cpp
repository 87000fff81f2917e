#include "apps/demo/onboarding.hpp"

#include "apps/demo/reminder.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis::demo {
namespace js = boost::json;
namespace {

void expect(person& who, const std::string& text, const std::string& at) {
  if (!who.sees(text))
    throw std::runtime_error(fmt::format("{}: expected to see '{}', and saw:\n{}", at, text, who.text()));
}

struct walk {
  person& who;
  const teller& say;
  void tell(const std::string& line) const {
    if (say)
      say(line);
  }
  void proceed(const std::string& next) const {
    who.press("wizard:continue:*");
    expect(who, next, "Continue");
  }
};
} // namespace

void walk_to_review(person& who, const onboarding_options& o, const teller& say) {
  const walk w{who, say};
  who.type("onboard");
  expect(who, "Step 1 of 8", "/onboard");
  w.tell("the admin types /onboard and is asked for a name");
  who.press("wizard:start:*");
  who.submit(js::object{{"name", o.name}});
  expect(who, o.name, "the name");
  w.tell(fmt::format("step 1: the community is called {}", o.name));
  w.proceed("Step 2 of 8");
  who.press("wizard:chain:*", {"sandbox"});
  w.tell("step 2: the sandbox's chain is chosen");
  w.proceed("Step 3 of 8");
  who.press("wizard:asset-type:*", {o.token.empty() ? "native" : "erc20"});
  who.submit(o.token.empty() ? js::object{{"min_balance", "1"}}
                             : js::object{{"address", o.token}, {"min_balance", "100"}});
  expect(who, o.token.empty() ? "SAND" : "SPICE", "the asset");
  w.tell(o.token.empty() ? "step 3: the native coin counts"
                         : fmt::format("step 3: the contract {} is read on chain and accepted", o.token));
  w.proceed("Step 4 of 8");
  who.press("wizard:tier-template:*", {o.tiers});
  w.tell(fmt::format("step 4: tiers of the template '{}'", o.tiers));
  w.proceed("Step 5 of 8");
  w.tell("step 5: each tier gets a new role");
  w.proceed("Step 6 of 8");
  who.press("wizard:channel-template:*", {o.channels});
  w.tell(fmt::format("step 6: channels of the template '{}'", o.channels));
  w.proceed("Step 7 of 8");
  w.tell("step 7: the review shows the plan");
}

bool deploy(person& who, const teller& say, std::chrono::milliseconds patience) {
  const walk w{who, say};
  who.press("wizard:deploy:*");
  w.tell("step 8: Deploy is pressed");
  std::string last;
  reminder waiting{say};
  const bool ended = eventually(
    [&] {
      waiting.tick([] { return "the deployment"; });
      who.sees("", std::chrono::milliseconds{0});
      const auto text = who.text();
      if (text != last && say)
        if (const auto bar = text.find("▰"); bar != std::string::npos)
          say("  " + text.substr(bar, text.find('\n', bar) - bar));
      last = text;
      return text.find("is ready") != std::string::npos || text.find("could not be built") != std::string::npos;
    },
    patience);
  return ended && who.text().find("is ready") != std::string::npos;
}

} // namespace arrakis::demo
