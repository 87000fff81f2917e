// `make crash`: every fault at every point of a deployment, of a reconciliation and of a role change, in several
// installations side by side.
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/process.hpp"
#include "tests/crash/report.hpp"
#include "tests/crash/walk.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <sys/file.h>
#include <unistd.h>

namespace {
using namespace arrakis;
using namespace arrakis::crash;
using namespace std::chrono_literals;
namespace js = boost::json;

constexpr int recordings = 3;
constexpr auto idle_time = 12s;  ///< More than the longest period of what arrakisd does by itself (10 s).
constexpr int tries_to_meet = 3; ///< A point that depends on time may not come each time.

constexpr auto usage = R"(crash - every fault at every point of a deployment, of a reconciliation and of a role change

  crash           record them, then walk all of their points
  crash --list    only record, and print the points

  ONLY=TEXT       only the cases whose name contains TEXT ("killed before @ COMMIT insert deployment_intents"); those of
                  a reconciliation begin with "reconcile, ", those of a role change with "role change, "
  POINTS=N        only N cases, drawn by SEED
  SEED=N          repeats a draw (printed)
  INSTALLATIONS=N installations side by side (8); the clocks of each differ, as it prints
)";

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}
uint64_t number(const char* name, uint64_t otherwise) {
  const auto text = setting(name);
  return text.empty() ? otherwise : std::stoull(text);
}

js::object written(const trial& t) {
  return {{"step", t.at.step},
          {"ordinal", t.at.ordinal},
          {"fault", static_cast<int>(t.what)},
          {"sure", t.sure},
          {"work", static_cast<int>(t.of)}};
}
trial trial_in(const js::value& v) {
  const auto& o = v.as_object();
  return {{std::string{json::text_or(o, "step")}, static_cast<int>(json::integer_or(o, "ordinal"))},
          static_cast<fault>(json::integer_or(o, "fault")),
          json::bool_or(o, "sure"),
          static_cast<work>(json::integer_or(o, "work"))};
}

/// The next case that nobody has, over all installations: a counter in a file.
size_t take_next(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ::flock(fd, LOCK_EX);
  uint64_t next = 0;
  [[maybe_unused]] const auto got = ::pread(fd, &next, sizeof next, 0);
  const uint64_t after = next + 1;
  [[maybe_unused]] const auto put = ::pwrite(fd, &after, sizeof after, 0);
  ::close(fd);
  return next;
}

/// One case, tried again while its point is not met. What goes wrong around it (a program that does not start in time,
/// a wizard that does not come to its review) is told as its reason and ends neither the installation nor the walk.
verdict walk_until_met(std::unique_ptr<installation>& here, const trial& t) {
  verdict v;
  for (int n = 0; n < tries_to_meet && !v.met && v.findings.empty(); ++n)
    try {
      v = walk(*here, t);
    } catch (const std::runtime_error& e) {
      v = {};
      v.unmet = std::string{"it could not be walked: "} + e.what();
      here.reset();
      here = std::make_unique<installation>();
    }
  return v;
}

/// One installation: case after case, a line of JSON for each to `folder`/installation-N.
int run_installation(const std::string& folder, const std::string& installation_number) {
  const auto cases = json::parse(test::content(folder + "/cases"), {.bytes_max = 8u << 20});
  const auto& list = cases->as_array();
  std::ofstream out{folder + "/installation-" + installation_number};
  const auto& clocks = clocks_of(std::stoul(installation_number));
  auto here = std::make_unique<installation>(clocks);
  for (size_t i; (i = take_next(folder + "/next")) < list.size();) {
    const auto t = trial_in(list[i]);
    const auto v = walk_until_met(here, t);
    out << json::print(to_json(i, v)) << std::endl;
    if (!v.findings.empty()) { // Kept for whoever looks into it; what it left behind must not meet the next case.
      std::ofstream{fmt::format("{}/log-{}", folder, i)} << test::content(here->test_stack().stack().log_file());
      here.reset();
      here = std::make_unique<installation>(clocks);
    }
  }
  return 0;
}

/// Of each work its course.
using courses = std::map<work, course>;
constexpr work all_work[]{work::deployment, work::reconciliation, work::role_change};
constexpr const char* name_of_work(work of) {
  return of == work::deployment ? "deployment" : of == work::reconciliation ? "reconciliation" : "role change";
}

courses recorded() {
  installation one;
  const auto idle = record_idle(one, idle_time);
  courses out;
  for (const auto of : all_work)
    out[of] = record(one, of, recordings, idle);
  return out;
}

void print_course(work of, const course& c) {
  fmt::print("{}: {} points in each of {} recordings, {} that depend on time; kinds of background: {}\n",
             name_of_work(of), c.sure.size(), recordings, c.loose.size(), c.background.size());
  for (const auto& step : c.background)
    fmt::print("  - {}\n", step);
}

/// As many of each kind of work, so that a small draw has of all.
std::vector<trial> some_of(std::vector<trial> all, size_t count, uint64_t seed) {
  std::vector<trial> some;
  for (const auto of : all_work) {
    std::vector<trial> these;
    std::copy_if(all.begin(), all.end(), std::back_inserter(these), [&](const trial& t) { return t.of == of; });
    const auto share = count / std::size(all_work) + (of == all_work[0] ? count % std::size(all_work) : 0);
    for (const auto i : drawn(these.size(), share, seed))
      some.push_back(these[i]);
  }
  return some;
}

std::vector<trial> trials_of(const courses& each_work) {
  std::vector<trial> all;
  for (const auto& [of, c] : each_work)
    for (const auto what : all_faults)
      for (const auto* points : {&c.sure, &c.loose})
        for (const auto& p : *points)
          all.push_back({p, what, points == &c.sure, of});
  if (const auto only = setting("ONLY"); !only.empty())
    std::erase_if(all, [&](const trial& t) { return t.text().find(only) == std::string::npos; });
  if (const auto count = number("POINTS", 0); count > 0) {
    std::erase_if(all, [](const trial& t) { return !t.sure; });
    const auto seed = number("SEED", std::stoull(random_hex(4), nullptr, 16));
    fmt::print("SEED={}\n", seed);
    return some_of(std::move(all), count, seed);
  }
  return all;
}

int walk_all(const std::vector<trial>& all) {
  const test::scratch folder{"walk"};
  js::array list;
  for (const auto& t : all)
    list.push_back(written(t));
  std::ofstream{folder / "cases"} << json::print(list);
  const auto count = std::min<uint64_t>(number("INSTALLATIONS", 8), all.size());
  std::vector<process> installations;
  for (uint64_t i = 0; i < count; ++i)
    installations.emplace_back(
      process_options{.argv = {"/proc/self/exe", "--installation", folder.path(), std::to_string(i)},
                      .output = folder / fmt::format("output-{}", i)});
  for (uint64_t i = 0; i < count; ++i)
    fmt::print("installation {}: {}\n", i, clocks_of(i).text());
  report seen{all};
  for (bool running = true; running;) {
    running = false;
    for (auto& each : installations)
      running |= !each.wait(200ms);
    for (uint64_t i = 0; i < count; ++i)
      seen.read(i, test::content(folder / fmt::format("installation-{}", i)));
  }
  for (uint64_t i = 0; i < count; ++i)
    if (installations[i].exit_status() != 0)
      fmt::print("installation {} ended with {}:\n{}\n", i, installations[i].exit_status().value_or(-1),
                 test::content(folder / fmt::format("output-{}", i)));
  const bool good = seen.print();
  if (!good)
    keep_logs(folder.path());
  return good ? 0 : 1;
}
} // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  log::set_level(log::level::error);
  const std::string word = argc > 1 ? argv[1] : "";
  try {
    if (word == "--installation" && argc == 4)
      return run_installation(argv[2], argv[3]);
    if (!word.empty() && word != "--list") {
      fmt::print("{}", usage);
      return word == "--help" ? 0 : 2;
    }
    const auto each_work = recorded();
    for (const auto& [of, c] : each_work) {
      print_course(of, c);
      if (word == "--list")
        for (const auto* points : {&c.sure, &c.loose})
          for (const auto& p : *points)
            fmt::print("{}{}\n", p.text(), points == &c.sure ? "" : "  (depends on time)");
    }
    return word == "--list" ? 0 : walk_all(trials_of(each_work));
  } catch (const std::exception& e) {
    fmt::print("crash: {}\n", e.what());
    return 1;
  }
}
