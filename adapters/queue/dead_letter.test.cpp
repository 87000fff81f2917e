#include "adapters/queue/dead_letter.hpp"

#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::queue;

TEST_CASE("dead letter: names job, error and attempts, without personal data at any depth") {
  auto entry = dead_letter({"synth-1", "SEND_MESSAGE",
                            R"({"communityId":"c-1","content":"hi","list":[{"userId":"42","keep":1}],"guildId":"7"})",
                            "PERMISSION_ERROR: cannot open /var/lib/arrakis/key.pem (see /etc)", 3, 1'764'000'000'123});
  CHECK(boost::json::serialize(entry)
        == R"({"jobId":"synth-1","jobType":"SEND_MESSAGE","payload":{"communityId":"c-1","content":"[redacted]",)"
           R"("list":[{"userId":"[redacted]","keep":1}],"guildId":"7"},"redacted":true,)"
           R"--("error":{"code":"PERMISSION_ERROR","message":"cannot open [path] (see /etc)"},"attemptsMade":3,)--"
           R"("failedAt":"2025-11-24T16:00:00.123Z","communityId":"c-1"})");
  CHECK_FALSE(data_of(entry));
}

TEST_CASE("dead letter: data without personal fields can run again as it was") {
  auto entry = dead_letter({"j", "SYNTHESIZE_COMMUNITY", R"({"community":"c-1","version":2})", "it broke", 1, 0});
  CHECK(data_of(entry) == R"({"community":"c-1","version":2})");
  CHECK(json::text_or(entry, "communityId") == "c-1");
  CHECK(json::text_or(*json::object_in(entry, "error"), "code") == "UNKNOWN_ERROR");
}

TEST_CASE("dead letter: data that is no JSON is not kept") {
  auto entry = dead_letter({"j", "X", "{", "", 1, 0});
  CHECK(entry.at("payload").is_null());
  CHECK_FALSE(data_of(entry));
}

TEST_CASE("dead letter: file paths leave a message, other slashes stay") {
  CHECK(without_paths("at /srv/app/a.cpp:12 and '/home/x/y'") == "at [path]:12 and '[path]'");
  CHECK(without_paths("and/or 1/2 https://discord.com/api /onboard") == "and/or 1/2 https://discord.com/api /onboard");
  CHECK(without_paths("") == "");
}
