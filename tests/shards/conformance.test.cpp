// Every row of what Discord does to a connection, and what our shard does then: docs of gateway v10, and what the real
// discord.js was seen to do (tests/interop/discord/resilience.mjs). Plain and packed.
#include "tests/shards/shard_fixture.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis;
using namespace arrakis::shards_test;
using namespace std::chrono_literals;
namespace js = boost::json;

namespace {
constexpr auto heartbeat = 41'250ms;                                    // As Discord asks for.
const milliseconds at_once{0}, backoff_least{250}, backoff_most{1'010}; // Half of 500 ms to 1 s, and a step of ours.

using scene = std::function<void(shard_fixture&, test_loop&)>;

struct row {
  std::string name;
  scene disturb;
  expectation want;
  shard_fixture::options options = {};
  size_t message_bytes_max = 32 << 20;
};

/// `chosen`, on a connection that is packed or not.
shard_fixture::options on(bool packed, shard_fixture::options chosen = {}) {
  chosen.compressed = packed;
  return chosen;
}

/// Plays `what` with a shard that has logged in, alone on its loop, plain and packed. `before`: orders to the gateway
/// before the shard is there.
void with_both(const scene& what, const js::object& before = {}) {
  for (const bool packed : {false, true}) {
    CAPTURE(packed);
    calm();
    if (!before.empty())
      order(before);
    test_loop in;
    shard_fixture shard{in, on(packed)};
    shard.start();
    REQUIRE(shard.logs_in());
    what(shard, in);
  }
}

/// `want`, of the session that the shard has now and the sequence it has reached.
expectation in_session(expectation want, shard_fixture& shard) {
  want.session = shard.session();
  want.sequence += shard.status().sequence;
  return want;
}

/// Until the reaction is complete; what then must have happened is judged.
bool follow(shard_fixture& shard, test_loop& in, reaction what, size_t heard_before) {
  const auto& heard = shard.heard();
  const auto again = [&](std::string_view word) {
    return std::any_of(heard.begin() + static_cast<long>(heard_before), heard.end(),
                       [&](const auto& each) { return each.starts_with(word); });
  };
  switch (what) {
    case reaction::resumes:
    case reaction::resumes_here: return shard.comes_to([&] { return again("resumed"); });
    case reaction::begins_here:
    case reaction::begins_anew: return shard.comes_to([&] { return again("ready"); });
    case reaction::stops: {
      const bool stopped = in.until([&] { return again("stopped"); });
      in.sim.advance(1h);
      return stopped;
    }
    case reaction::goes_on: return true;
    case reaction::beats: {
      const auto beats = [&] {
        const auto seen = shard.since_mark().entries;
        return std::any_of(seen.begin(), seen.end(), [](const entry& e) { return e.what == entry::in && e.op == 1; });
      };
      return in.until(beats);
    }
  }
  return false;
}

/// A close frame of the shard arrives a moment after its new connection.
bool both_closed(shard_fixture& shard, test_loop& in, const expectation& want) {
  return want.our_close == 0 || in.until([&] {
    const auto seen = shard.since_mark().entries;
    return std::any_of(seen.begin(), seen.end(), [](const entry& e) { return e.what == entry::closed && e.by_shard; });
  });
}

void check_judged(const trace& seen, const expectation& want) {
  CHECK(judge(seen, want) == "");
  for (const auto& wrong : wrong_variants(seen, want))
    CHECK_MESSAGE(judge(wrong.what, want) != "", wrong.name);
}

void play(const row& r, bool packed) {
  CAPTURE(r.name);
  CAPTURE(packed);
  calm();
  test_loop in;
  shard_fixture shard{in, on(packed, r.options), r.message_bytes_max};
  shard.start();
  REQUIRE(shard.logs_in());
  const auto want = in_session(r.want, shard);
  const auto heard_before = shard.heard().size();
  shard.mark();
  r.disturb(shard, in);
  // Events while the shard is away must reach it, unless the session is lost with it.
  const bool keeps = want.what != reaction::begins_anew && want.what != reaction::stops;
  std::string meanwhile;
  if (want.what == reaction::resumes) {
    REQUIRE(in.until([&] { return shard.state() != "running"; }));
    meanwhile = shard.role_event();
  }
  REQUIRE(follow(shard, in, want.what, heard_before));
  REQUIRE(both_closed(shard, in, want));
  const auto seen = shard.since_mark();
  if (want.what != reaction::stops) {
    const auto afterwards = shard.role_event();
    CHECK(shard.hears(afterwards));
    CHECK(shard.times_heard(afterwards) == 1);
  }
  if (keeps && !meanwhile.empty())
    CHECK(shard.times_heard(meanwhile) == 1);
  check_judged(seen, want);
}

void play_both(const std::vector<row>& rows) {
  for (const auto& each : rows)
    for (const bool packed : {false, true})
      play(each, packed);
}

auto closing(int code) {
  return [code](shard_fixture&, test_loop&) { order({{"action", "close"}, {"code", code}}); };
}
auto acting(std::string_view action) {
  return [action = std::string{action}](shard_fixture&, test_loop&) { order({{"action", action}}); };
}
std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes)
    out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}
void raw(std::string_view bytes, bool binary) { order({{"action", "raw"}, {"hex", hex(bytes)}, {"binary", binary}}); }
expectation resumed(int64_t our_close, milliseconds least, milliseconds most) {
  expectation want{.what = reaction::resumes};
  want.our_close = our_close;
  want.wait_least = least;
  want.wait_most = most;
  return want;
}
expectation begun_anew(int64_t our_close, milliseconds least, milliseconds most) {
  auto want = resumed(our_close, least, most);
  want.what = reaction::begins_anew;
  return want;
}
} // namespace

TEST_CASE("shard: after each gateway close code it sends RESUME or IDENTIFY, or stops") {
  std::vector<row> rows;
  for (const int code : {1001, 1011, 1012, 4000, 4001, 4002, 4006, 4009, 4200, 4999})
    rows.push_back({fmt::format("close {}", code), closing(code), resumed(0, backoff_least, backoff_most)});
  for (const int code : {1000, 4003, 4005, 4007, 4008})
    rows.push_back({fmt::format("close {}", code), closing(code), begun_anew(0, backoff_least, backoff_most)});
  for (const int code : {4004, 4010, 4011, 4012, 4013, 4014})
    rows.push_back({fmt::format("close {}", code), closing(code), {.what = reaction::stops}});
  play_both(rows);
}

TEST_CASE("shard: a cut socket, Reconnect (op 7), Invalid Session (op 9) and Heartbeat (op 1)") {
  play_both({
    {"cut", acting("cut"), resumed(0, backoff_least, backoff_most)},
    {"op 7", acting("reconnect"), resumed(4200, at_once, at_once)},
    {"op 9 true",
     [](shard_fixture&, test_loop&) {
       order({{"action", "invalidate"}, {"resumable", true}});
     },
     {.what = reaction::resumes_here}},
    {"op 9 false",
     [](shard_fixture&, test_loop&) {
       order({{"action", "invalidate"}, {"resumable", false}});
     },
     begun_anew(1000, 1'000ms, 5'010ms)}, // Discord: a random time between 1 and 5 s.
    {"op 1", acting("ask_heartbeat"), {.what = reaction::beats}},
  });
}

TEST_CASE("shard: RESUME answered with Invalid Session (op 9, false) leads to IDENTIFY after 1 to 5 s") {
  with_both([](shard_fixture& shard, test_loop& in) {
    shard.mark();
    order({{"refuse_resumes", 1}, {"action", "close"}, {"code", 4000}});
    REQUIRE(shard.comes_to([&] { return shard.times_heard("ready") == 2; }));
    auto want = begun_anew(1000, backoff_least, backoff_most);
    want.connections = 2;
    want.resumes_before = 1;
    REQUIRE(both_closed(shard, in, want));
    const auto seen = shard.since_mark();
    check_judged(seen, want);
    REQUIRE(seen.waits.size() == 2);
    CHECK((seen.waits[1] >= 1'000ms && seen.waits[1] <= 5'010ms));
  });
}

TEST_CASE("shard: a zombied connection (no Heartbeat ACK) ends at the second heartbeat, and it resumes at once") {
  play_both({{"zombie",
              [](shard_fixture& shard, test_loop& in) {
                order({{"acknowledge", false}});
                in.sim.advance(heartbeat); // The one that is lost.
                REQUIRE(shard.state() == "running");
                order({{"acknowledge", true}});
                shard.mark();
                for (milliseconds passed{0}; shard.state() == "running" && passed < heartbeat; passed += 250ms)
                  in.sim.advance(250ms);
              },
              resumed(4200, at_once, heartbeat)}});
}

TEST_CASE("shard: acknowledged heartbeats carry the last sequence, and a jump of the clock is one heartbeat") {
  play_both({{"clock jump",
              [](shard_fixture&, test_loop& in) { in.sim.scheduler().clock().advance_time(10min); },
              {.what = reaction::beats}},
             {"a gap in the sequence",
              [](shard_fixture& shard, test_loop&) {
                REQUIRE(shard.hears(shard.role_event(3)));
                order({{"action", "ask_heartbeat"}});
              },
              {.what = reaction::beats, .sequence = 4}}});
}

TEST_CASE("shard: after a gap in the sequence it resumes from the highest one") {
  play_both({{"gap and close",
              [](shard_fixture& shard, test_loop&) {
                REQUIRE(shard.hears(shard.role_event(3)));
                order({{"action", "close"}, {"code", 4000}});
              },
              [] {
                auto want = resumed(0, backoff_least, backoff_most);
                want.sequence = 4;
                return want;
              }()}});
}

TEST_CASE("shard: unknown opcodes and events are ignored") {
  play_both({
    {"unknown op",
     [](shard_fixture&, test_loop&) {
       order({{"action", "say"}, {"text", R"({"op":77,"d":{"x":1},"s":null,"t":null})"}});
     },
     {.what = reaction::goes_on}},
    {"unknown event",
     [](shard_fixture&, test_loop&) {
       order({{"action", "dispatch"}, {"name", "SOMETHING_NEW"}, {"data", js::object{{"id", "x"}}}});
     },
     {.what = reaction::goes_on}},
    {"an event of a known name that holds nothing we know",
     [](shard_fixture&, test_loop&) {
       order({{"action", "dispatch"}, {"name", "GUILD_ROLE_UPDATE"}, {"data", js::object{}}});
     },
     {.what = reaction::goes_on}},
    {"op 11 that nobody asked for",
     [](shard_fixture&, test_loop&) {
       order({{"action", "say"}, {"text", R"({"op":11})"}});
     },
     {.what = reaction::goes_on}},
  });
}

TEST_CASE("shard: invalid zlib-stream bytes end the connection, and it resumes with a fresh context") {
  const auto left = resumed(4200, backoff_least, backoff_most);
  const row no_json{"no JSON", [](shard_fixture&, test_loop&) { raw("{\"op\":0", false); }, left};
  play(no_json, false);
  play(no_json, true);
  play({"a packed frame on a plain connection", [](shard_fixture&, test_loop&) { raw("x", true); }, left}, false);
  play({"no zlib",
        [](shard_fixture&, test_loop&) {
          raw(std::string_view{"garbage\x00\x00\xff\xff", 11}, true);
        },
        left},
       true);
  play({"a frame of zeros before a good one",
        [](shard_fixture& shard, test_loop&) {
          raw(std::string_view{"\x00\x00", 2}, true);
          shard.role_event(); // The frame of this event is appended to them, and lost: the resume replays it.
        },
        left},
       true);
  auto broken_text = left;
  broken_text.our_close = 1007; // By the socket itself: RFC 6455 8.1.
  play({"text that is no UTF-8", [](shard_fixture&, test_loop&) { raw("\xff\xfe", false); }, broken_text}, false);
}

TEST_CASE("shard: the same bad frame three times in a row ends the session, not the shard") {
  with_both([](shard_fixture& shard, test_loop&) {
    shard.mark();
    // With this name it is no valid frame, and every resume replays it.
    order({{"action", "dispatch"}, {"name", R"(X","op":"x)"}, {"data", js::object{}}});
    REQUIRE(shard.comes_to([&] { return shard.times_heard("ready") == 2; }));
    auto want = begun_anew(4200, at_once, 60s);
    want.connections = 3;
    want.resumes_before = 2;
    CHECK(judge(shard.since_mark(), want) == "");
  });
}

TEST_CASE("shard: an event of more bytes than it takes ends the connection, and it resumes") {
  const std::string large = R"({"op":0,"s":99,"t":"X","d":")" + std::string(100'000, 'x') + "\"}";
  const auto say = [large](shard_fixture&, test_loop&) { order({{"action", "say"}, {"text", large}}); };
  play({"oversized", say, resumed(1009, backoff_least, backoff_most), {}, 64 << 10}, false); // RFC 6455: too big.
  shard_fixture::options small;
  small.inflate.message_bytes_max = 64 << 10;
  play({"a bomb", say, resumed(4200, backoff_least, backoff_most), small}, true);
}

TEST_CASE("shard: messages split at every size are reassembled, from HELLO on and over RESUME") {
  for (const int part : {1, 5, 1000})
    with_both(
      [](shard_fixture& shard, test_loop& in) {
        order({{"action", "close"}, {"code", 4000}});
        REQUIRE(in.until([&] { return shard.state() != "running"; }));
        const auto meanwhile = shard.role_event();
        REQUIRE(shard.comes_to([&] { return shard.times_heard("resumed") == 1; }));
        CHECK(shard.times_heard(meanwhile) == 1);
      },
      {{"tear_bytes", part}});
  calm();
}

TEST_CASE("shard: a late HELLO (op 10) is waited for, and without one the connection is closed") {
  for (const bool packed : {false, true}) {
    calm();
    order({{"hold_hello", true}});
    test_loop in;
    shard_fixture shard{in, on(packed, {})};
    shard.start();
    REQUIRE(in.until([&] { return shard.state() == "greeting"; }));
    shard.mark();
    in.sim.advance(19s);
    order({{"action", "release_hello"}});
    REQUIRE(shard.comes_to([&] { return shard.times_heard("ready") == 1; }));
    check_judged(shard.since_mark(), {.what = reaction::begins_here});

    order({{"hold_hello", true}, {"action", "close"}, {"code", 4000}});
    REQUIRE(shard.comes_to([&] { return shard.state() == "greeting"; }));
    shard.mark();
    in.sim.advance(3s); // The session's own address failed: now the main one.
    order({{"action", "release_hello"}});
    REQUIRE(shard.comes_to([&] { return shard.times_heard("resumed") == 1; }));
    auto want = resumed(4200, 2'900ms, 3'010ms); // Marked a moment after it began.
    want.session = shard.session();
    want.sequence = shard.status().sequence - 1; // RESUMED is the next one.
    REQUIRE(both_closed(shard, in, want));
    check_judged(shard.since_mark(), want);
  }
}

TEST_CASE("shard: after a lost or unreadable READY it sends a new IDENTIFY") {
  for (const bool packed : {false, true})
    for (const bool lost : {true, false}) {
      calm();
      lost ? order({{"hold_answer", true}}) : order({{"ready_without", "session_id"}});
      test_loop in;
      shard_fixture shard{in, on(packed, {})};
      shard.start();
      shard.mark();
      REQUIRE(shard.comes_to([&] { return shard.status().identifies == 1; }));
      if (lost)
        in.sim.advance(30s);
      REQUIRE(shard.comes_to([&] { return shard.state() == "waiting"; }));
      calm();
      shard.mark();
      REQUIRE(shard.comes_to([&] { return shard.times_heard("ready") == 1; }));
      auto want = begun_anew(4200, at_once, backoff_most);
      auto seen = shard.since_mark();
      want.our_close = 0; // Seen before the mark or after it.
      std::erase_if(seen.entries, [](const entry& e) { return e.what == entry::closed && e.code == 4200; });
      check_judged(seen, want);
    }
}

TEST_CASE("shard: after a lost RESUMED it sends RESUME again") {
  with_both([](shard_fixture& shard, test_loop& in) {
    const auto want = in_session(resumed(4200, 10s, 12'010ms), shard);
    order({{"hold_answer", true}, {"action", "close"}, {"code", 4000}});
    REQUIRE(shard.comes_to([&] { return shard.state() == "resuming"; }));
    shard.mark();
    in.sim.advance(10s);
    calm();
    REQUIRE(shard.comes_to([&] { return shard.times_heard("resumed") == 1; }));
    auto seen = shard.since_mark();
    // The first op 6 may be written down after the mark.
    const auto first = std::find_if(seen.entries.begin(), seen.entries.end(),
                                    [](const entry& e) { return e.what == entry::closed || e.what == entry::opened; });
    seen.entries.erase(seen.entries.begin(), first);
    REQUIRE(both_closed(shard, in, want));
    check_judged(seen, want);
  });
}

namespace {
void check_resumes_at(const std::string& target, shard_fixture& shard) {
  auto want = in_session(resumed(0, backoff_least, backoff_most), shard);
  want.target = target;
  shard.mark();
  order({{"action", "close"}, {"code", 4000}});
  REQUIRE(shard.comes_to([&] { return shard.times_heard("resumed") == 1; }));
  check_judged(shard.since_mark(), want);
}
} // namespace

TEST_CASE("shard: it resumes at resume_gateway_url, and at the gateway's own URL when that fails") {
  with_both([](shard_fixture& shard, test_loop&) { check_resumes_at("/resume?v=10&encoding=json", shard); },
            {{"resume_url", gateway_url() + "/resume"}});
  with_both(
    [](shard_fixture& shard, test_loop&) {
      check_resumes_at("/?v=10&encoding=json", shard);
      REQUIRE(shard.connects.size() == 3); // The first, one in vain, and the gateway's own.
      CHECK(shard.connects[1].url.starts_with("ws://127.0.0.1:1/"));
      CHECK(shard.connects[2].url.starts_with(gateway_url()));
    },
    {{"resume_url", "ws://127.0.0.1:1"}});
}

TEST_CASE("shard: a resume_gateway_url that accepts the connection and sends nothing costs 3 s") {
  with_both(
    [](shard_fixture& shard, test_loop& in) {
      shard.mark();
      order({{"action", "close"}, {"code", 4000}});
      REQUIRE(shard.comes_to([&] { return shard.connects.size() == 2; }));
      CHECK(shard.connects[1].url.starts_with(gateway_url() + "/deaf"));
      REQUIRE(in.until([&] { return shard.state() == "greeting"; }));
      const auto since = in.now();
      in.sim.advance(3s);
      REQUIRE(shard.comes_to([&] { return shard.times_heard("resumed") == 1; }));
      CHECK(in.now() - since <= 3'010ms);
      REQUIRE(shard.connects.size() == 3);
      CHECK_FALSE(shard.connects[2].url.starts_with(gateway_url() + "/deaf"));
    },
    {{"resume_url", gateway_url() + "/deaf"}, {"deaf_path", "/deaf"}});
}

TEST_CASE("shard: RESUME that is cut each time is tried three times; then IDENTIFY, with a permit") {
  with_both([](shard_fixture& shard, test_loop& in) {
    shard.mark();
    const auto since = in.now();
    const auto before = shard.status();
    order({{"cut_resumes", -1}, {"action", "cut"}});
    REQUIRE(shard.comes_to([&] { return shard.times_heard("ready") == 2; }));
    CHECK(in.now() - since < 30s);
    auto want = begun_anew(0, at_once, 30s);
    want.connections = 4;
    want.resumes_before = 3;
    CHECK(judge(shard.since_mark(), want) == "");
    CHECK(shard.status().identifies == before.identifies + 1);
    CHECK(shard.status().resumes == before.resumes + 3);
  });
}

TEST_CASE("shard: a planned stop leaves the session to a successor, which sends RESUME") {
  with_both([](shard_fixture& shard, test_loop& in) {
    const auto want = in_session(resumed(4200, at_once, 60s), shard);
    shard.mark();
    shard.stop();
    const auto meanwhile = shard.role_event();
    shard.start();
    REQUIRE(shard.comes_to([&] { return shard.times_heard("resumed") == 1; }));
    CHECK(shard.times_heard(meanwhile) == 1);
    REQUIRE(both_closed(shard, in, want));
    check_judged(shard.since_mark(), want);
  });
}
