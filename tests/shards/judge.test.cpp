#include "tests/shards/judge.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace arrakis::shards_test;

namespace {
trace from(const char* record, std::vector<milliseconds> waits = {}) {
  auto out = read(boost::json::parse(record).as_array());
  out.waits = std::move(waits);
  return out;
}
constexpr const char* resumed = R"([
  {"n":1,"connection":1,"what":"closed","code":4000,"by":"server"},
  {"n":2,"connection":2,"what":"opened","target":"/resume?v=10"},
  {"n":3,"connection":2,"what":"out","op":10,"d":null},
  {"n":4,"connection":2,"what":"in","op":6,"session_id":"s","seq":7},
  {"n":5,"connection":2,"what":"out","op":0,"s":8,"t":"RESUMED"}])";
const expectation a_resume{.what = reaction::resumes,
                           .session = "s",
                           .sequence = 7,
                           .target = "/resume",
                           .wait_least = milliseconds{250},
                           .wait_most = milliseconds{500}};
} // namespace

TEST_CASE("shard judge: a right reaction passes, and each wrong variant is reported") {
  const auto right = from(resumed, {milliseconds{300}});
  CHECK(judge(right, a_resume) == "");
  const auto variants = wrong_variants(right, a_resume);
  CHECK(variants.size() >= 9);
  for (const auto& each : variants)
    CHECK_MESSAGE(judge(each.what, a_resume) != "", each.name);
}

TEST_CASE("shard judge: the record of one reaction does not pass as another") {
  const auto right = from(resumed, {milliseconds{300}});
  for (const auto other : {reaction::goes_on, reaction::beats, reaction::resumes_here, reaction::begins_here,
                           reaction::begins_anew, reaction::stops}) {
    auto want = a_resume;
    want.what = other;
    CHECK(judge(right, want) != "");
  }
  CHECK(judge(from("[]"), {.what = reaction::goes_on}) == "");
  CHECK(judge(from("[]"), {.what = reaction::stops}) == "");
  CHECK(judge(from("[]"), {.what = reaction::beats}) != "");
  CHECK(judge(from(R"([{"what":"in","op":1,"d":null,"connection":1}])"), {.what = reaction::beats, .sequence = -1})
        == "");
}
