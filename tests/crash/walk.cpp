#include "tests/crash/walk.hpp"

#include "runtime/json.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis::crash {
namespace js = boost::json;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using system_test::place;
namespace {
constexpr int set_up_tries_max = 3;
constexpr int tries_max = 5; ///< Of an admin whom a slow machine does not answer in time.
constexpr int record_tries_max = 3;
constexpr auto meets_within = 30s;    ///< A deployment without a fault takes two.
constexpr auto finishes_within = 90s; ///< Three attempts' back-off and a lease.
/// Whoever gets no answer within Discord's 3 s presses again.
constexpr auto click_again_after = 4s;

std::chrono::milliseconds since(clock::time_point then) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - then);
}

/// Presses Deploy and does not wait: what comes of it may never come.
void press_deploy(lane& l, const place& at, demo::person& who) {
  l.world().town().sandbox("POST", "interactions",
                           js::object{{"user", at.owner},
                                      {"channel", at.channel},
                                      {"message", who.message().as_object().at("id")},
                                      {"custom_id", "wizard:deploy:*"},
                                      {"wait", "none"}});
}

/// What a person does who sees that nothing came of the click: /onboard again, and whatever button leads on.
void insist(lane& l, const place& at) {
  auto who = l.world().admin(at);
  try {
    who.type("onboard");
    for (int clicks = 0; clicks < 3; ++clicks) {
      const auto shown = json::print(who.message());
      const auto offers = [&](const char* button) { return shown.find(button) != std::string::npos; };
      if (offers("wizard:deploy:"))
        return who.press("wizard:deploy:*");
      if (offers("wizard:retry:"))
        return who.press("wizard:retry:*");
      if (offers("wizard:start:")) { // The session is gone with Redis: everything anew.
        who.press("wizard:cancel:*");
        auto again = l.world().at_review(at, "Crash walk");
        return again.press("wizard:deploy:*");
      }
      if (!offers("wizard:resume-existing:"))
        return;
      who.press("wizard:resume-existing:*");
    }
  } catch (const std::runtime_error&) {
    // No answer in time, or not to be pressed now: the next try sees another screen.
  }
}

class deployment {
public:
  explicit deployment(lane& l, const std::string& name) : lane_(l), site_{l.world().found(name), {}} {
    lane_.world().patience(tries_max);
    plant(lane_, site_.at);
    // What the case before did to arrakisd may still echo: a shard that identifies again, a port that connects.
    auto& town = lane_.world().town();
    for (int tries = 1; !who_; ++tries)
      try {
        demo::eventually([&] { return town.arrakis_ready(); }, meets_within);
        who_.emplace(lane_.world().at_review(site_.at, "Crash walk"));
      } catch (const std::runtime_error&) {
        if (tries == set_up_tries_max)
          throw;
        site_.at = lane_.world().found(name); // Without the wizard that was begun in the other one.
        plant(lane_, site_.at);
      }
    site_.before = foreign_in(lane_, site_.at);
  }
  void click() {
    press_deploy(lane_, site_.at, *who_);
    clicked_ = clock::now();
  }
  /// The same button once more, when there is somebody to answer. False: it is gone from the message.
  bool click_again() {
    demo::eventually([&] { return lane_.world().town().arrakis_ready(); }, meets_within);
    try {
      click();
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  }
  bool ends(clock::duration within, int& clicks) {
    return demo::eventually(
      [&] {
        if (finished(lane_, site_.at))
          return true;
        const auto state = state_of(lane_, site_.at);
        if (state == "completed")
          lane_.make_room();
        if (state.empty() && clock::now() - clicked_ > click_again_after) {
          insist(lane_, site_.at);
          ++clicks;
          clicked_ = clock::now();
        }
        return false;
      },
      std::chrono::duration_cast<std::chrono::milliseconds>(within));
  }
  const site& where() const { return site_; }

private:
  lane& lane_;
  site site_;
  std::optional<demo::person> who_;
  clock::time_point clicked_;
};

/// Where the admin had to click again, since a slow machine answered late, there is more than a deployment's own
/// course: then another one is recorded.
recording record_one(lane& l, int number) {
  for (int tries = 1;; ++tries) {
    deployment d{l, fmt::format("Recorded {}", number)};
    l.taps().begin();
    const auto began = clock::now();
    d.click();
    int clicks = 1;
    const bool ended = d.ends(finishes_within, clicks);
    if (ended && clicks == 1)
      return {l.taps().end(), since(began)};
    if (!ended || tries == record_tries_max)
      throw std::runtime_error(fmt::format("a deployment without a fault {}: {}",
                                           ended ? "needed a second click" : "did not end",
                                           l.world().town().log_tail()));
  }
}
} // namespace

std::string why_unmet(const trial& t, int passed, bool ended) {
  const auto kind = t.sure ? "" : ", as in some of the recordings";
  if (!ended)
    return fmt::format("the deployment did not end within {} s; its step passed {} times{}", meets_within.count(),
                       passed, kind);
  if (passed == 0)
    return fmt::format("its step did not pass{}", kind);
  return fmt::format("its step passed {} times only{}", passed, kind);
}

std::string trial::text() const { return fmt::format("{} @ {}", name_of(what), at.text()); }

site deployed(lane& l, const std::string& name) {
  deployment d{l, name};
  d.click();
  int clicks = 1;
  if (!d.ends(finishes_within, clicks))
    throw std::runtime_error("a deployment without a fault did not end: " + l.world().town().log_tail());
  return d.where();
}

course record(lane& l, int runs, std::chrono::milliseconds idle) {
  record_one(l, 0); // So that connections are open and scripts known.
  l.taps().begin();
  demo::breathe(idle);
  const recording still{l.taps().end(), idle};
  std::vector<recording> all;
  for (int i = 1; i <= runs; ++i)
    all.push_back(record_one(l, i));
  return course_of(still, all);
}

verdict walk(lane& l, const trial& t) {
  verdict v;
  const auto began = clock::now();
  l.load_scripts();
  deployment d{l, t.text()};
  v.set_up = since(began);
  auto then = clock::now();
  l.arm(t.at, t.what);
  d.click();
  demo::eventually([&] { return l.taps().struck() || finished(l, d.where().at); }, meets_within);
  v.met = l.taps().struck();
  l.taps().disarm();
  if (!v.met)
    v.unmet = why_unmet(t, l.taps().passed(t.at.step), finished(l, d.where().at));
  v.to_strike = since(then);
  if (v.met) {
    then = clock::now();
    l.mend(t.what);
    v.to_mend = since(then);
    if (t.what == fault::kill_and_click && d.click_again())
      ++v.clicks;
  }
  then = clock::now();
  d.ends(finishes_within, v.clicks);
  l.make_room();
  v.to_finish = since(then);
  then = clock::now();
  v.findings = check(l, d.where().at, d.where().before);
  v.to_check = since(then);
  v.took = since(began);
  return v;
}

} // namespace arrakis::crash
