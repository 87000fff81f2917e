#include "tests/crash/report.hpp"

#include "runtime/json.hpp"

#include <boost/json/array.hpp>
#include <filesystem>
#include <fmt/format.h>

namespace arrakis::crash {
namespace js = boost::json;
namespace {
/// Time decides on a few points, also of those that each recording had: fewer than one in fifty may stay away.
constexpr size_t missed_part_max = 50;
} // namespace

js::object to_json(size_t index, const verdict& v) {
  js::array findings;
  for (const auto& f : v.findings)
    findings.push_back(js::object{{"what", static_cast<int>(f.what)}, {"text", f.text}});
  return {{"case", index},
          {"met", v.met},
          {"unmet", v.unmet},
          {"clicks", v.clicks},
          {"rate_limited", v.refused.rate_limited},
          {"invalid", v.refused.invalid},
          {"took", v.took.count()},
          {"parts", js::object{{"set up", v.set_up.count()},
                               {"strike", v.to_strike.count()},
                               {"mend", v.to_mend.count()},
                               {"finish", v.to_finish.count()},
                               {"check", v.to_check.count()}}},
          {"findings", std::move(findings)}};
}

report::report(const std::vector<trial>& all) : all_(all), began_(std::chrono::steady_clock::now()) {
  fmt::print("{} cases\n", all.size());
}

void report::read(size_t installation, const std::string& text) {
  auto& known = read_[installation];
  for (auto end = text.find('\n', known); end != std::string::npos; end = text.find('\n', known)) {
    if (const auto parsed = json::parse(std::string_view{text}.substr(known, end - known)))
      take(parsed->as_object());
    known = end + 1;
  }
}

void report::take(const js::object& o) {
  const auto& t = all_[static_cast<size_t>(json::integer_or(o, "case"))];
  auto& to = table_[t.what];
  const bool met = json::bool_or(o, "met");
  const auto took = json::integer_or(o, "took");
  ++done_;
  ++(met ? to.walked : to.unmet);
  missed_ += !met && t.sure;
  clicks_ += static_cast<int>(json::integer_or(o, "clicks")) - 1;
  to.took_ms += took;
  to.longest_ms = std::max(to.longest_ms, took);
  for (const auto& part : *json::object_in(o, "parts"))
    parts_ms_[part.key()] += part.value().to_number<int64_t>();
  const system_test::refusals refused{json::integer_or(o, "rate_limited"), json::integer_or(o, "invalid")};
  refused_.rate_limited += refused.rate_limited;
  refused_.invalid += refused.invalid;
  if (refused != system_test::refusals{})
    fmt::print("429 answered {} times, {} invalid requests: {}\n", refused.rate_limited, refused.invalid, t.text());
  if (!met)
    fmt::print("not met: {}: {}\n", t.text(), json::text_or(o, "unmet"));
  for (const auto& each : *json::array_in(o, "findings")) {
    const auto what = static_cast<finding::kind>(json::integer_or(each.as_object(), "what"));
    ++(what == finding::lost ? to.lost : what == finding::doubled ? to.doubled : to.wrong);
    fmt::print("{}: {}: {}\n  again: make crash ONLY=\"{}\"\n", name_of(what), t.text(),
               json::text_or(each.as_object(), "text"), t.text());
  }
  if (done_ % 50 == 0)
    fmt::print("{} of {}\n", done_, all_.size());
}

bool report::print() const {
  fmt::print("\n{:22} {:>7} {:>8} {:>6} {:>8} {:>6} {:>10} {:>9}\n", "fault", "points", "not met", "lost", "doubled",
             "wrong", "mean, s", "max, s");
  line sum;
  for (const auto& [what, l] : table_) {
    const auto count = std::max(1, l.walked + l.unmet);
    fmt::print("{:22} {:7} {:8} {:6} {:8} {:6} {:10.1f} {:9.1f}\n", name_of(what), l.walked, l.unmet, l.lost, l.doubled,
               l.wrong, static_cast<double>(l.took_ms) / count / 1000, static_cast<double>(l.longest_ms) / 1000);
    sum.walked += l.walked;
    sum.unmet += l.unmet;
    sum.lost += l.lost;
    sum.doubled += l.doubled;
    sum.wrong += l.wrong;
  }
  fmt::print("{:22} {:7} {:8} {:6} {:8} {:6}\n", "all", sum.walked, sum.unmet, sum.lost, sum.doubled, sum.wrong);
  const auto cases = static_cast<double>(std::max<size_t>(1, done_)) * 1000;
  fmt::print("a case, s:");
  for (const auto& [part, ms] : parts_ms_)
    fmt::print(" {} {:.1f} ", part, static_cast<double>(ms) / cases);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
  fmt::print("\n{} of {} cases in {:.0f} s; the admin had to click again {} times; Discord answered 429 {} times"
             " and counted {} invalid requests\n",
             done_, all_.size(), took.count(), clicks_, refused_.rate_limited, refused_.invalid);
  const bool walked = done_ == all_.size() && sum.walked > 0 && missed_ * missed_part_max <= done_;
  return walked && sum.lost + sum.doubled + sum.wrong == 0;
}

void keep_logs(const std::string& folder) {
  const std::filesystem::path to = "build/crash";
  std::filesystem::create_directories(to);
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.path().filename().string().starts_with("log-"))
      std::filesystem::copy_file(entry.path(), to / entry.path().filename(),
                                 std::filesystem::copy_options::overwrite_existing);
  fmt::print("logs of arrakisd: build/crash\n");
}

} // namespace arrakis::crash
