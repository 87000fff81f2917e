#include "adapters/queue/cron.hpp"
#include "adapters/queue/schedule.hpp"

#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <date/date.h>
#include <doctest/doctest.h>
#include <sstream>

using namespace arrakis;
using namespace arrakis::queue;

namespace {
int64_t at(const char* iso) {
  std::istringstream in{iso};
  date::sys_time<std::chrono::milliseconds> made;
  in >> date::parse("%FT%TZ", made);
  REQUIRE(in);
  return made.time_since_epoch().count();
}

/// The next times of a pattern, each after the one before.
std::vector<std::string> times(const char* pattern, const char* place, const char* after, size_t count) {
  const auto read = cron::parse(pattern);
  REQUIRE(read);
  const auto in = zone_named(place);
  REQUIRE(in);
  std::vector<std::string> made;
  for (auto now = at(after); made.size() < count;) {
    const auto next = read->next(now, *in);
    if (!next)
      break;
    CHECK(*next > now);
    now = *next;
    made.push_back(iso8601(now).substr(0, 19));
  }
  return made;
}
using list = std::vector<std::string>;

boost::json::object object(const char* text) { return json::parse(text)->as_object(); }
} // namespace

TEST_CASE("cron: five fields or six, lists, ranges, steps and names") {
  CHECK(times("30 4 * * *", "UTC", "2026-11-24T08:40:00Z", 2) == list{"2026-11-25T04:30:00", "2026-11-26T04:30:00"});
  CHECK(times("*/20 * * * * *", "UTC", "2026-11-24T08:40:19.5Z", 2)
        == list{"2026-11-24T08:40:20", "2026-11-24T08:40:40"});
  CHECK(times("5/25 0-4/2,9 * jan,FEB mon", "UTC", "2026-11-24T08:40:00Z", 3)
        == list{"2027-01-04T00:05:00", "2027-01-04T00:30:00", "2027-01-04T00:55:00"});
  CHECK(times("@monthly", "UTC", "2026-11-24T08:40:00Z", 1) == list{"2026-12-01T00:00:00"});
  CHECK(times("0 0 29 2 *", "UTC", "2026-11-24T08:40:00Z", 1) == list{"2028-02-29T00:00:00"});
}

TEST_CASE("cron: day of month or day of week suffices when both are named; last and nth days are found") {
  CHECK(times("0 0 1,15 * 5", "UTC", "2026-11-24T08:40:00Z", 4)
        == list{"2026-11-27T00:00:00", "2026-12-01T00:00:00", "2026-12-04T00:00:00", "2026-12-11T00:00:00"});
  CHECK(times("0 0 L * *", "UTC", "2027-01-31T08:00:00Z", 2) == list{"2027-02-28T00:00:00", "2027-03-31T00:00:00"});
  CHECK(times("0 0 * * 5L", "UTC", "2026-11-24T08:40:00Z", 2) == list{"2026-11-27T00:00:00", "2026-12-25T00:00:00"});
  CHECK(times("0 0 * * 2#2", "UTC", "2026-11-24T08:40:00Z", 2) == list{"2026-12-08T00:00:00", "2027-01-12T00:00:00"});
}

TEST_CASE("cron: a time that the clock skips is moved by the jump, one that it repeats comes once") {
  // Warsaw, 29 March 2026: 02:00 becomes 03:00.
  CHECK(times("30 2 * * *", "Europe/Warsaw", "2026-03-27T12:00:00Z", 3)
        == list{"2026-03-28T01:30:00", "2026-03-29T01:30:00", "2026-03-30T00:30:00"});
  // 25 October 2026: 03:00 becomes 02:00 again.
  CHECK(times("30 2 * * *", "Europe/Warsaw", "2026-10-24T12:00:00Z", 2)
        == list{"2026-10-25T00:30:00", "2026-10-26T01:30:00"});
  // Every hour is every hour.
  CHECK(times("30 * * * *", "Europe/Warsaw", "2026-10-24T23:45:00Z", 3)
        == list{"2026-10-25T00:30:00", "2026-10-25T01:30:00", "2026-10-25T02:30:00"});
  // Half an hour, on Lord Howe.
  CHECK(times("15 2 * * *", "Australia/Lord_Howe", "2026-10-02T00:00:00Z", 2).size() == 2);
  CHECK(times("0 9 * * *", "UTC+5:30", "2026-11-24T08:40:00Z", 1) == list{"2026-11-25T03:30:00"});
}

TEST_CASE("cron: what BullMQ refuses is refused with the field's name, and what never comes has no time") {
  for (auto wrong : {"60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "* * * foo *", "1/2/3 * * * *",
                     "1,,2 * * * *", "5-1 * * * *", "* * * * 1#9", "* * * * 1,2#3", "*/0 * * * *", "a * * * *",
                     "1 2 3 4 5 6 7", "0 0 31 2 *", "-5 * * * *"})
    CHECK(code_of(cron::parse(wrong).error()) == ec::invalid);
  CHECK(text_of(cron::parse("60 * * * *").error()) == "pattern: minute: '60' is not within 0-59");
  CHECK(times("0 0 31 4,6 *", "UTC", "2026-11-24T08:40:00Z", 1).empty());
  CHECK(times("0 0 * * L", "UTC", "2026-11-24T08:40:00Z", 1).empty());
  CHECK_FALSE(cron::parse("* * * * *")->next(INT64_MAX, *zone_named("UTC")));
  CHECK((*zone_named(""))(0) % 60'000 == 0); // The system's own, whatever it is.
  CHECK(code_of(zone_named("Mars/Base").error()) == ec::invalid);
  CHECK(code_of(zone_named("../../etc/passwd").error()) == ec::invalid);
}

TEST_CASE("schedule: the next run minds limit, dates and the run before") {
  const auto now = at("2026-11-24T08:40:00Z");
  auto next = [&](const char* repeat, int64_t previous = 0) { return run_after(object(repeat), previous, now); };
  CHECK(*(*next(R"({"pattern":"0 * * * *","tz":"UTC"})"))->at_ms == at("2026-11-24T09:00:00Z"));
  CHECK(*(*next(R"({"pattern":"0 * * * *","tz":"UTC"})", at("2026-11-24T09:00:00Z")))->at_ms
        == at("2026-11-24T10:00:00Z"));
  const auto every = next(R"({"every":1000,"count":4,"limit":5})");
  CHECK((*every)->count == 5);
  CHECK_FALSE((*every)->at_ms); // The script works it out.
  CHECK_FALSE(*next(R"({"every":1000,"count":5,"limit":5})"));
  CHECK_FALSE(*next(R"({"every":1000,"endDate":1000})"));
  CHECK_FALSE(*next(R"({"pattern":"0 0 1 1 *","tz":"UTC","endDate":1796000000000})"));
  CHECK(*(*next(R"({"pattern":"0 * * * *","tz":"UTC","startDate":1796000000000})"))->at_ms > 1'796'000'000'000);
  CHECK(*(*next(R"({"pattern":"0 0 1 1 *","immediately":true})"))->at_ms == now);
  for (auto wrong : {"{}", R"({"every":5,"pattern":"* * * * *"})", R"({"pattern":"x"})",
                     R"({"pattern":"* * * * *","tz":"Nowhere"})", R"({"every":5,"immediately":true,"startDate":1})"})
    CHECK(code_of(next(wrong).error()) == ec::invalid);
}

TEST_CASE("schedule: a run keeps its template's options and says which run it is") {
  const auto repeat = object(R"({"every":5,"immediately":true})");
  const auto options = options_of_run(object(R"({"attempts":2,"jobId":"repeat:s:1"})"), repeat, "s",
                                      {.at_ms = 900, .count = 3}, 400);
  const char* wanted = R"({"attempts":2,"timestamp":400,"repeatJobKey":"s","repeat":{"every":5,"count":3},
                           "prevMillis":900,"delay":500})";
  CHECK(options == object(wanted));
}
