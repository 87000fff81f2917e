#include "tests/crash/walk.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <iterator>

namespace arrakis::crash {
namespace js = boost::json;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using system_test::place;
namespace {
constexpr int set_up_tries_max = 3;
constexpr int tries_max = 5; ///< Of an admin whom a slow machine does not answer in time.
constexpr int record_tries_max = 3;
constexpr auto meets_within = 30s;    ///< Without a fault it takes two.
constexpr auto finishes_within = 90s; ///< Three attempts' back-off and a lease.
/// Presses again after Discord's 3 s without an answer.
constexpr auto click_again_after = 4s;

std::chrono::milliseconds since(clock::time_point then) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - then);
}

/// Presses a button and does not wait: what comes of it may never come.
void press_only(installation& inst, const place& at, demo::person& who, std::string_view pattern) {
  inst.test_stack().stack().sandbox("POST", "interactions",
                                    js::object{{"user", at.owner},
                                               {"channel", at.channel},
                                               {"message", who.message().as_object().at("id")},
                                               {"custom_id", pattern},
                                               {"wait", "none"}});
}

bool offers(const demo::person& who, std::string_view button) {
  return json::print(who.message()).find(button) != std::string::npos;
}

/// /onboard again, and whatever button leads on.
void insist_on_deployment(installation& inst, const place& at) {
  auto who = inst.test_stack().admin(at);
  who.type("onboard");
  for (int clicks = 0; clicks < 3; ++clicks) {
    if (offers(who, "wizard:deploy:"))
      return who.press("wizard:deploy:*");
    if (offers(who, "wizard:retry:"))
      return who.press("wizard:retry:*");
    if (offers(who, "wizard:start:")) { // The session is gone with Redis: everything anew.
      who.press("wizard:cancel:*");
      auto again = inst.test_stack().at_review(at, "Crash walk");
      return again.press("wizard:deploy:*");
    }
    if (!offers(who, "wizard:resume-existing:"))
      return;
    who.press("wizard:resume-existing:*");
  }
}

/// /reconcile again, as far as it offers to apply something.
void insist_on_reconciliation(installation& inst, const place& at) {
  auto who = inst.test_stack().admin(at);
  who.type("reconcile");
  for (const std::string button : {"reconcile:apply:", "reconcile:confirm:"}) {
    if (!offers(who, button))
      return;
    who.press(button + "*");
  }
}

/// Acts as a person who sees that the click had no effect. A verdict is in the database, and waits for nobody.
void insist(installation& inst, const place& at, work of) {
  if (of == work::role_change)
    return;
  try {
    of == work::deployment ? insist_on_deployment(inst, at) : insist_on_reconciliation(inst, at);
  } catch (const std::runtime_error&) {
    // No answer in time, or not to be pressed now: the next try sees another screen.
  }
}

/// One deployment or reconciliation, from the screen with its last button on, or one verdict about a member.
class course_of_work {
public:
  course_of_work(installation& inst, const std::string& name, work of)
    : installation_(inst), site_{inst.test_stack().create_guild(name), {}, {of, {}}} {
    installation_.test_stack().set_tries_max(tries_max);
    come_to_review(name);
    if (of != work::deployment)
      deploy();
    if (of == work::reconciliation)
      come_to_confirmation();
    if (of == work::role_change)
      site_.goal = give_role(installation_, site_.at);
    site_.before = foreign_in(installation_, site_.at);
  }
  void click() {
    clicked_ = clock::now();
    if (site_.goal.of == work::role_change)
      return record_verdict(installation_, site_.at, site_.goal);
    press_only(installation_, site_.at, *who_,
               site_.goal.of == work::deployment ? "wizard:deploy:*" : "reconcile:confirm:*");
    clicked_ = clock::now();
  }
  /// The same button once more, when there is somebody to answer. False: it is gone from the message.
  bool click_again() {
    demo::eventually([&] { return installation_.test_stack().stack().arrakis_ready(); }, meets_within);
    try {
      click();
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  }
  bool ends(clock::duration within, int& clicks) {
    const auto of = site_.goal.of;
    return demo::eventually(
      [&] {
        if (finished(installation_, site_.at, of))
          return true;
        const auto state = state_of(installation_, site_.at, of);
        if (state == "completed")
          installation_.make_room();
        if (state.empty() && clock::now() - clicked_ > click_again_after) {
          insist(installation_, site_.at, of);
          ++clicks;
          clicked_ = clock::now();
        }
        return false;
      },
      std::chrono::duration_cast<std::chrono::milliseconds>(within));
  }
  const site& where() const { return site_; }
  bool has_ended() { return finished(installation_, site_.at, site_.goal.of); }

private:
  void come_to_review(const std::string& name) {
    plant(installation_, site_.at);
    // Aftereffects of the case before may still come: a shard that identifies again, a port that connects.
    auto& stack = installation_.test_stack().stack();
    for (int tries = 1; !who_; ++tries)
      try {
        demo::eventually([&] { return stack.arrakis_ready(); }, meets_within);
        who_.emplace(installation_.test_stack().at_review(site_.at, "Crash walk"));
      } catch (const std::runtime_error&) {
        if (tries == set_up_tries_max)
          throw;
        site_.at = installation_.test_stack().create_guild(name); // Without the wizard that was begun in the other one.
        plant(installation_, site_.at);
      }
  }
  void deploy() {
    press_only(installation_, site_.at, *who_, "wizard:deploy:*");
    if (!demo::eventually([&] { return finished(installation_, site_.at, work::deployment); }, finishes_within))
      throw std::runtime_error("the deployment before it did not end");
  }
  /// Damages the guild by hand, and has the plan shown that mends it.
  void come_to_confirmation() {
    site_.goal = damage(installation_, site_.at);
    who_.emplace(installation_.test_stack().admin(site_.at));
    who_->type("reconcile");
    who_->press("reconcile:apply:*");
  }

  installation& installation_;
  site site_;
  std::optional<demo::person> who_;
  clock::time_point clicked_;
};

/// Where the admin had to click again, since a slow machine answered late, there is more than a deployment's own
/// course: then another one is recorded.
recording record_one(installation& inst, work of, int number) {
  for (int tries = 1;; ++tries) {
    course_of_work d{inst, fmt::format("Recorded {}", number), of};
    inst.taps().begin();
    const auto began = clock::now();
    d.click();
    int clicks = 1;
    const bool ended = d.ends(finishes_within, clicks);
    if (ended && clicks == 1)
      return {inst.taps().end(), since(began)};
    if (!ended || tries == record_tries_max)
      throw std::runtime_error(fmt::format("without a fault it {}: {}", ended ? "needed a second click" : "did not end",
                                           inst.test_stack().stack().log_tail()));
  }
}
} // namespace

std::string why_unmet(const trial& t, int passed, bool ended) {
  const auto kind = t.sure ? "" : ", as in some of the recordings";
  if (!ended)
    return fmt::format("it did not end within {} s; its step passed {} times{}", meets_within.count(), passed, kind);
  if (passed == 0)
    return fmt::format("its step did not pass{}", kind);
  return fmt::format("its step passed {} times only{}", passed, kind);
}

std::vector<finding> findings_of(const system_test::refusals& refused, fault what) {
  std::vector<finding> out;
  if (what == fault::kill_and_empty)
    return out;
  for (const auto& [route, count] : refused.by_route)
    out.push_back({finding::wrong, fmt::format("Discord refused {} times: {}", count, route)});
  return out;
}

std::string trial::text() const {
  const auto kind = of == work::reconciliation ? "reconcile, " : of == work::role_change ? "role change, " : "";
  return fmt::format("{}{} @ {}", kind, name_of(what), at.text());
}

namespace {
site ended(installation& inst, const std::string& name, work of) {
  course_of_work d{inst, name, of};
  d.click();
  int clicks = 1;
  if (!d.ends(finishes_within, clicks))
    throw std::runtime_error("without a fault it did not end: " + inst.test_stack().stack().log_tail());
  return d.where();
}
} // namespace

site deployed(installation& inst, const std::string& name) { return ended(inst, name, work::deployment); }
site reconciled(installation& inst, const std::string& name) { return ended(inst, name, work::reconciliation); }
site judged(installation& inst, const std::string& name) { return ended(inst, name, work::role_change); }

recording record_idle(installation& inst, std::chrono::milliseconds idle) {
  record_one(inst, work::deployment, 0); // So that connections are open and scripts known.
  inst.taps().begin();
  demo::breathe(idle);
  return {inst.taps().end(), idle};
}

course record(installation& inst, work of, int runs, const recording& idle) {
  record_one(inst, of, 0);
  std::vector<recording> all;
  for (int i = 1; i <= runs; ++i)
    all.push_back(record_one(inst, of, i));
  return course_of(idle, all);
}

verdict walk(installation& inst, const trial& t) {
  verdict v;
  const auto began = clock::now();
  const auto refused_before = system_test::count_refusals(inst.test_stack());
  inst.load_scripts();
  course_of_work d{inst, t.text(), t.of};
  v.set_up = since(began);
  auto then = clock::now();
  inst.arm(t.at, t.what);
  d.click();
  demo::eventually([&] { return inst.taps().struck() || d.has_ended(); }, meets_within);
  v.met = inst.taps().struck();
  inst.taps().disarm();
  if (!v.met)
    v.unmet = why_unmet(t, inst.taps().passed(t.at.step), d.has_ended());
  v.to_strike = since(then);
  if (v.met) {
    then = clock::now();
    inst.mend(t.what);
    v.to_mend = since(then);
    if (t.what == fault::kill_and_click && d.click_again())
      ++v.clicks;
  }
  then = clock::now();
  d.ends(finishes_within, v.clicks);
  inst.make_room();
  v.to_finish = since(then);
  then = clock::now();
  v.findings = check(inst, d.where().at, d.where().before, d.where().goal);
  v.to_check = since(then);
  v.refused = system_test::count_refusals(inst.test_stack()) - refused_before;
  std::ranges::copy(findings_of(v.refused, t.what), std::back_inserter(v.findings));
  v.took = since(began);
  return v;
}

} // namespace arrakis::crash
