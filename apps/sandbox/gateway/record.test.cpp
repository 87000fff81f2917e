#include "apps/sandbox/gateway/record.hpp"

#include <doctest/doctest.h>

using namespace arrakis::sandbox::gateway;

TEST_CASE("record: what happened is told in order, from where one left off, and the oldest give way") {
  record kept;
  for (size_t i = 0; i < record_max + 5; ++i)
    kept.add(7, "opened", {{"target", "/"}});
  const auto all = kept.after(0);
  REQUIRE(all.size() == record_max);
  CHECK(all[0].at("n") == 6);
  CHECK(all[0].at("connection") == 7);
  CHECK(all[0].at("what") == "opened");
  CHECK(kept.after(static_cast<int64_t>(record_max) + 4).size() == 1);
}

TEST_CASE("record: a client's frame is written down without its token") {
  const auto frame = js::parse(R"({"op":6,"d":{"token":"secret","session_id":"sid","seq":5}})").as_object();
  CHECK(js::serialize(noted(6, frame)) == R"({"op":6,"session_id":"sid","seq":5})");
  CHECK(js::serialize(noted(1, js::parse(R"({"op":1,"d":5})").as_object())) == R"({"op":1,"d":5})");
}
