#include "adapters/discord/gateway/session.hpp"

#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <utility>

using namespace arrakis::discord::gateway;
using namespace std::chrono_literals;

namespace {
const saved_session earlier{"old", "wss://resume.example", 41};

using words = std::vector<std::string>;
using state = session::state;

/// A session and its virtual clock; `log` is what it wants done, as words.
struct fixture {
  double chance = 0.5;
  time_point now{1h};
  session subject;
  std::vector<std::string> log;

  explicit fixture(session_limits limits = {}) : subject{limits, [this] { return chance; }} {}

  void took(session::actions todo) {
    struct namer {
      std::string operator()(const session::connect& x) { return "connect " + (x.url.empty() ? "anywhere" : x.url); }
      std::string operator()(const session::ask_permit&) { return "permit"; }
      std::string operator()(const session::identify&) { return "identify"; }
      std::string operator()(const session::resume& x) {
        return "resume " + x.from.id + " " + std::to_string(x.from.sequence);
      }
      std::string operator()(const session::heartbeat& x) {
        return "beat " + (x.sequence ? std::to_string(*x.sequence) : "null");
      }
      std::string operator()(const session::disconnect& x) { return "disconnect " + std::to_string(x.code); }
      std::string operator()(const session::save& x) {
        return "save " + x.what.id + " " + std::to_string(x.what.sequence);
      }
      std::string operator()(const session::clear&) { return "clear"; }
      std::string operator()(const session::running& x) { return x.resumed ? "running again" : "running"; }
      std::string operator()(const session::give_up& x) { return "give up " + std::to_string(x.code); }
    };
    for (const auto& one : todo)
      log.push_back(std::visit(namer{}, one));
  }
  /// Everything logged since the last call.
  std::vector<std::string> said() { return std::exchange(log, {}); }
  /// Lets time pass, waking the session when it wants to be.
  void pass(milliseconds by) {
    const auto end = now + by;
    while (const auto next = subject.wake()) {
      if (*next > end)
        break;
      now = std::max(now, *next);
      took(subject.tick(now));
    }
    now = end;
  }
  /// Up to the next connection.
  void connect() {
    while (subject.current_state() != state::connecting)
      pass(1ms);
  }
  void open(milliseconds interval = 41'250ms) {
    took(subject.opened(now));
    took(subject.hello(now, interval));
  }
  /// Up to a running session with sequence 1.
  void run(milliseconds interval = 41'250ms, std::string resume_url = "wss://resume.example") {
    took(subject.start(now, {}));
    open(interval);
    subject.permitted(now, 0ms);
    pass(0ms);
    subject.dispatched(now, 1, false);
    took(subject.ready(now, "sid", std::move(resume_url)));
    said();
  }
  /// Brings a reconnecting session to running again.
  void resume() {
    took(subject.resumed(now));
    said();
  }
};
} // namespace

TEST_CASE("session: the first connection identifies when it has the permit, and is running with READY") {
  fixture r;
  r.took(r.subject.start(r.now, {}));
  CHECK(r.said() == words{"connect anywhere"});
  r.open();
  CHECK(r.said() == words{"permit"});
  r.subject.permitted(r.now, 5s);
  r.pass(4'999ms);
  CHECK(r.said().empty());
  r.pass(1ms);
  CHECK(r.said() == words{"identify"});
  r.subject.dispatched(r.now, 1, false);
  r.took(r.subject.ready(r.now, "sid", "wss://r"));
  CHECK(r.said() == words{"save sid 1", "running"});
}

TEST_CASE("session: a restarted process resumes at the kept URL with the kept sequence") {
  fixture r;
  r.took(r.subject.start(r.now, earlier));
  r.open();
  CHECK(r.said() == words{"connect wss://resume.example", "resume old 41"});
  r.subject.dispatched(r.now, 42, false);
  r.took(r.subject.resumed(r.now));
  CHECK(r.said() == words{"save old 42", "running again"});
}

TEST_CASE("session: the first heartbeat comes after interval times chance, the next after each interval, with the last "
          "sequence") {
  for (const double chance : {0.0, 0.25, 0.999}) {
    fixture r;
    r.chance = chance;
    r.took(r.subject.start(r.now, {}));
    r.open(1'000ms);
    r.said();
    const milliseconds first{std::llround(chance * 1000)};
    r.pass(first - 1ms);
    CHECK(r.said().empty());
    r.pass(1ms);
    CHECK(r.said() == words{"beat null"});
    r.subject.acknowledged();
    r.subject.permitted(r.now, 0ms);
    r.pass(0ms);
    r.subject.dispatched(r.now, 7, false);
    r.took(r.subject.ready(r.now, "sid", ""));
    r.said();
    r.pass(1'000ms);
    CHECK(r.said()[0] == "beat 7");
  }
}

TEST_CASE(
  "session: without a heartbeat ACK the connection is closed at the next heartbeat, and the session is resumed") {
  fixture r;
  r.run(1'000ms);
  r.pass(500ms);
  CHECK(r.said() == words{"beat 1", "save sid 1"});
  r.pass(999ms);
  CHECK(r.said().empty());
  r.pass(1ms);
  const auto said = r.said();
  REQUIRE_FALSE(said.empty());
  CHECK(said[0] == "disconnect 4200");
  r.pass(60s);
  r.open();
  CHECK(r.said().back() == "resume sid 1");
}

TEST_CASE("session: acknowledged heartbeats go on for ever") {
  fixture r;
  r.run(1'000ms);
  for (int i = 0; i < 200; ++i) {
    r.pass(1'000ms);
    r.subject.acknowledged();
  }
  CHECK(r.subject.current_state() == state::running);
}

TEST_CASE("session: the server's own request for a heartbeat is answered at once") {
  fixture r;
  r.run();
  r.took(r.subject.asked_for_heartbeat(r.now));
  CHECK(r.said() == words{"beat 1"});
}

TEST_CASE("session: op 7 closes so that the session lives, and resumes at once") {
  fixture r;
  r.run();
  r.subject.acknowledged();
  r.took(r.subject.asked_to_reconnect(r.now));
  r.pass(0ms);
  CHECK(r.said() == words{"disconnect 4200", "connect wss://resume.example"});
  r.open();
  CHECK(r.said() == words{"resume sid 1"});
}

TEST_CASE("session: op 9 that is resumable resumes on the same socket, but not for ever") {
  fixture r;
  r.run();
  r.took(r.subject.invalid(r.now, true));
  CHECK(r.said() == words{"resume sid 1"});
  r.took(r.subject.invalid(r.now, true));
  CHECK(r.said() == words{"resume sid 1"});
  r.took(r.subject.invalid(r.now, true));
  CHECK(r.said() == words{"resume sid 1"});
  r.took(r.subject.invalid(r.now, true)); // The third that failed.
  CHECK(r.said() == words{"clear", "disconnect 1000"});
}

TEST_CASE("session: op 9 that is not resumable begins a new session after 1 to 5 s") {
  for (const double chance : {0.0, 0.999}) {
    fixture r;
    r.run();
    r.subject.acknowledged();
    r.chance = chance;
    r.took(r.subject.invalid(r.now, false));
    CHECK(r.said() == words{"clear", "disconnect 1000"});
    r.pass(chance == 0.0 ? 999ms : 4'995ms);
    CHECK(r.said().empty());
    r.pass(1ms);
    CHECK(r.said() == words{"connect anywhere"});
    r.open();
    CHECK(r.said() == words{"permit"});
  }
}

TEST_CASE("session: op 9 false as the answer to a resume begins a new session") {
  fixture r;
  r.took(r.subject.start(r.now, earlier));
  r.open();
  r.said();
  r.took(r.subject.invalid(r.now, false));
  r.pass(10s);
  CHECK(r.said() == words{"clear", "disconnect 1000", "connect anywhere"});
}

TEST_CASE("session: close codes that keep the session resume it") {
  for (const int code : {1001, 1006, 1011, 4000, 4001, 4002, 4009, 4999}) {
    fixture r;
    r.run();
    r.subject.acknowledged();
    r.took(r.subject.closed(r.now, static_cast<uint16_t>(code)));
    r.pass(1s);
    CHECK_MESSAGE(r.said() == words{"connect wss://resume.example"}, code);
    r.open();
    CHECK(r.said() == words{"resume sid 1"});
  }
}

TEST_CASE("session: close codes that end the session begin a new one") {
  for (const int code : {1000, 4003, 4005, 4007, 4008}) {
    fixture r;
    r.run();
    r.subject.acknowledged();
    r.took(r.subject.closed(r.now, static_cast<uint16_t>(code)));
    r.pass(1s);
    CHECK_MESSAGE((r.said() == words{"clear", "connect anywhere"}), code);
    r.open();
    CHECK(r.said() == words{"permit"});
  }
}

TEST_CASE("session: fatal close codes stop for good, and say what to change") {
  for (const int code : {4004, 4010, 4011, 4012, 4013, 4014}) {
    fixture r;
    r.run();
    r.took(r.subject.closed(r.now, static_cast<uint16_t>(code)));
    CHECK(r.said() == words{"clear", "give up " + std::to_string(code)});
    CHECK_FALSE(r.subject.wake());
    r.pass(24h);
    CHECK(r.said().empty());
    CHECK(what_to_do(static_cast<uint16_t>(code)).size() > 40);
    CHECK(what_to_do(static_cast<uint16_t>(code)) != what_to_do(1));
  }
}

TEST_CASE("session: attempts back off with jitter up to a minute, until a connection has proved itself") {
  fixture r;
  r.chance = 0.0; // The shortest wait: half.
  r.run(41'250ms, "");
  r.subject.acknowledged();
  r.took(r.subject.closed(r.now, 1006));
  milliseconds wait = 250ms;
  for (int i = 0; i < 12; ++i) {
    r.pass(wait - 1ms);
    CHECK(r.said().empty());
    r.pass(1ms);
    CHECK(r.said().size() == 1);
    r.took(r.subject.failed(r.now));
    wait = std::min(wait * 2, milliseconds{30'000});
  }
  r.pass(wait);
  r.open(1'000ms);
  r.resume();
  r.took(r.subject.closed(r.now, 1006)); // Resumed and dropped at once: still patient.
  CHECK(*r.subject.wake() - r.now == 30'000ms);
  r.pass(30s);
  r.open(1'000ms);
  r.resume();
  r.pass(500ms);
  r.subject.acknowledged();
  r.took(r.subject.closed(r.now, 1006));
  CHECK(*r.subject.wake() - r.now == 250ms);
  r.pass(250ms);
  r.open(1h);
  r.resume();
  r.pass(5s); // Long enough without a heartbeat.
  r.took(r.subject.closed(r.now, 1006));
  CHECK(*r.subject.wake() - r.now == 250ms);
}

TEST_CASE("session: a resume address that does not answer costs 3 s, and the main one is asked for the same session") {
  enum class silence { refused, no_socket, no_hello, closed };
  for (const auto how : {silence::refused, silence::no_socket, silence::no_hello, silence::closed}) {
    CAPTURE(static_cast<int>(how));
    fixture r;
    r.run();
    r.took(r.subject.closed(r.now, 1006));
    r.connect();
    CHECK(r.said() == words{"connect wss://resume.example"});
    if (how == silence::refused)
      r.took(r.subject.failed(r.now));
    if (how == silence::no_hello || how == silence::closed)
      r.took(r.subject.opened(r.now));
    if (how == silence::closed)
      r.took(r.subject.closed(r.now, 1006));
    const bool at_once = how == silence::refused || how == silence::closed;
    r.pass(at_once ? 0ms : 2'999ms);
    CHECK(r.said() == (at_once ? words{"connect anywhere"} : words{}));
    if (!at_once) {
      r.pass(1ms);
      CHECK(r.said() == words{"disconnect 4200", "connect anywhere"});
    }
    r.took(r.subject.opened(r.now));
    r.pass(19s); // Patience as ever there.
    CHECK(r.said().empty());
    r.took(r.subject.hello(r.now, 41'250ms));
    CHECK(r.said() == words{"resume sid 1"});
    r.resume();
    r.pass(5s);
    r.took(r.subject.closed(r.now, 1006)); // The next time it gets its chance again.
    r.pass(1s);
    CHECK(r.said().back() == "connect wss://resume.example");
  }
}

TEST_CASE("session: with neither address to be had the two take turns, and back off") {
  fixture r;
  r.run();
  r.took(r.subject.closed(r.now, 1006));
  for (int i = 0; i < 3; ++i) {
    r.connect();
    CHECK(r.said().front() == "connect wss://resume.example");
    r.took(r.subject.failed(r.now));
    r.pass(0ms);
    CHECK(r.said() == words{"connect anywhere"});
    r.took(r.subject.failed(r.now));
    r.pass(200ms);
    CHECK(r.said().empty());
  }
}

namespace {
/// RESUME is answered by a cut each time, `after` it was sent. What the session says until it asks for the permit to
/// identify, or for 4 minutes; and how long that took.
std::pair<words, milliseconds> cut_resumes(session_limits limits, milliseconds after) {
  fixture r{limits};
  r.run();
  r.took(r.subject.closed(r.now, 1006));
  const auto began = r.now;
  words all;
  while (r.now < began + 4min) {
    r.pass(10ms);
    if (r.subject.current_state() == state::connecting)
      r.open();
    if (r.subject.current_state() == state::resuming) {
      r.pass(after);
      r.took(r.subject.closed(r.now, 1006));
    }
    for (auto& word : r.said())
      all.push_back(std::move(word));
    if (!all.empty() && all.back() == "permit")
      break;
  }
  return {all, std::chrono::duration_cast<milliseconds>(r.now - began)};
}
size_t times(const words& all, std::string_view word) {
  return static_cast<size_t>(std::count(all.begin(), all.end(), word));
}
} // namespace

TEST_CASE("session: a resume that is cut each time is given up after the third, and a permit to identify asked for") {
  const auto [all, took] = cut_resumes({}, 0ms);
  CHECK(times(all, "resume sid 1") == 3);
  CHECK(times(all, "clear") == 1);
  CHECK(all.back() == "permit"); // The identify counts like any other.
  CHECK(took < 10s);
  // Negative control: without the limit it resumes for as long as one looks.
  const auto [unlimited, _] = cut_resumes({.resumes_max = 1'000'000, .resume_within = 24h}, 0ms);
  CHECK(times(unlimited, "permit") == 0);
  CHECK(times(unlimited, "resume sid 1") > 5);
}

TEST_CASE("session: resumes that take long are given up after 30 s in all") {
  const auto [all, took] = cut_resumes({.resumes_max = 1'000'000, .resume_answer = 1h}, 9s);
  CHECK(all.back() == "permit");
  CHECK(took >= 30s);
  CHECK(took < 45s);
  fixture silent; // No answer at all.
  silent.took(silent.subject.start(silent.now, earlier));
  silent.open(1h);
  silent.said();
  words heard;
  for (int i = 0; i < 100 && (heard.empty() || heard.back() != "permit"); ++i) {
    silent.pass(500ms);
    if (silent.subject.current_state() == state::connecting)
      silent.open(1h);
    for (auto& word : silent.said())
      heard.push_back(std::move(word));
  }
  CHECK(times(heard, "clear") == 1);
  CHECK(heard.back() == "permit");
  CHECK(silent.now - time_point{1h} < 45s);
}

TEST_CASE("session: a resume that replays something and is cut is no failure: the next goes on from there") {
  fixture r;
  r.run();
  for (int64_t s = 2; s < 12; ++s) {
    r.took(r.subject.closed(r.now, 1006));
    r.connect();
    r.open(1h);
    CHECK(r.said().back() == "resume sid " + std::to_string(s - 1));
    r.subject.dispatched(r.now, s, false);
  }
}

TEST_CASE("session: a server that is silent before HELLO, READY or RESUMED is left") {
  fixture r;
  r.took(r.subject.start(r.now, {}));
  r.took(r.subject.opened(r.now));
  r.said();
  r.pass(20s);
  CHECK(r.said() == words{"disconnect 4200"});
  r.pass(1s);
  CHECK(r.said() == words{"connect anywhere"});
  r.open(1h);
  r.subject.permitted(r.now, 0ms);
  r.pass(0ms);
  CHECK(r.said() == words{"permit", "identify"});
  r.pass(30s);
  CHECK(r.said() == words{"disconnect 4200"});
  fixture again;
  again.took(again.subject.start(again.now, earlier));
  again.open(1h);
  again.said();
  for (int64_t s = 42; s < 50; ++s) { // A long replay is progress.
    again.pass(s == 42 ? 9s : 29s);
    again.subject.dispatched(again.now, s, false);
  }
  CHECK(again.said().empty());
  again.pass(30s);
  CHECK(again.said() == words{"disconnect 4200"});
}

TEST_CASE("session: the sequence that is stored is that of the last durable dispatch") {
  fixture r;
  r.run();
  r.subject.dispatched(r.now, 2, true);
  r.subject.dispatched(r.now, 3, true);
  r.subject.dispatched(r.now, 4, false);
  CHECK(r.subject.durable() == 1);
  r.pass(2s);
  CHECK(r.said().empty());
  r.subject.settled(r.subject.epoch(), 3);
  CHECK(r.subject.durable() == 1);
  r.subject.settled(r.subject.epoch(), 2);
  CHECK(r.subject.durable() == 4);
  r.pass(0ms);
  CHECK(r.said() == words{"save sid 4"});
}

TEST_CASE("session: a busy shard stores its sequence at most once a second") {
  fixture r;
  r.run(1h);
  int saves = 0;
  for (int64_t s = 2; s < 2002; ++s) {
    r.pass(5ms);
    r.subject.dispatched(r.now, s, false);
    r.took(r.subject.tick(r.now));
    for (const auto& word : r.said())
      saves += word.starts_with("save");
  }
  CHECK(saves <= 10);
  CHECK(saves >= 9);
}

TEST_CASE("session: a settled dispatch of an earlier session says nothing about this one") {
  fixture r;
  r.run();
  r.subject.dispatched(r.now, 2, true);
  const auto before = r.subject.epoch();
  r.took(r.subject.closed(r.now, 1000));
  r.pass(1s);
  r.open();
  r.subject.permitted(r.now, 0ms);
  r.pass(0ms);
  r.subject.dispatched(r.now, 1, false);
  r.took(r.subject.ready(r.now, "new", ""));
  r.subject.dispatched(r.now, 2, true);
  r.subject.settled(before, 2);
  CHECK(r.subject.durable() == 1);
}

TEST_CASE("session: a planned stop stores the durable sequence and keeps the session for a successor") {
  fixture r;
  r.run();
  r.subject.dispatched(r.now, 2, false);
  r.subject.dispatched(r.now, 3, true);
  r.took(r.subject.stop(r.now));
  CHECK(r.said() == words{"save sid 2", "disconnect 4200"});
  CHECK_FALSE(r.subject.wake());
}

TEST_CASE(
  "session: bytes that cannot be read are resumed over, and after three times at one place given up with the session") {
  fixture r;
  r.run();
  for (const auto* where : {"connect wss://resume.example", "connect anywhere"}) {
    r.took(r.subject.corrupted(r.now));
    r.connect();
    r.open();
    CHECK(r.said() == words{"disconnect 4200", where, "resume sid 1"});
  }
  r.took(r.subject.corrupted(r.now));
  CHECK(r.said() == words{"clear", "disconnect 4200"});
}

TEST_CASE("session: at most 120 events leave in 60 s, and our own heartbeat always has a place") {
  fixture r;
  r.run(50'000ms);
  for (int i = 0; i < 500; ++i)
    r.took(r.subject.asked_for_heartbeat(r.now));
  CHECK(r.said().size() == 109); // 110 with the identify: ten are kept for ourselves.
  r.pass(25'000ms);
  CHECK(r.said()[0] == "beat 1");
  r.subject.acknowledged();
  r.pass(60s);
  r.subject.acknowledged();
  r.said();
  r.took(r.subject.asked_for_heartbeat(r.now));
  CHECK(r.said() == words{"beat 1"});
}

TEST_CASE("session: a shard that gets invalid sessions again and again keeps to its identify limit of the day") {
  fixture r{{.identifies_per_day_max = 20}};
  r.took(r.subject.start(r.now, {}));
  size_t identified = 0;
  const auto end = r.now + 23h;
  while (r.now < end) {
    r.pass(61s);
    if (r.subject.current_state() != state::connecting)
      continue;
    r.open(1h);
    r.subject.permitted(r.now, 0ms);
    r.pass(0ms);
    for (const auto& word : r.said())
      identified += word == "identify";
    r.took(r.subject.closed(r.now, 4003));
  }
  CHECK(identified == 20);
  while (r.subject.current_state() != state::connecting)
    r.pass(10s);
  CHECK(r.now - end >= 59min);
  r.open(1h);
  r.subject.permitted(r.now, 0ms);
  r.pass(0ms);
  CHECK(r.subject.identifies() == 21);
}

TEST_CASE("session: a refused permit is asked for again") {
  fixture r;
  r.took(r.subject.start(r.now, {}));
  r.open(1h);
  r.said();
  r.subject.permit_refused(r.now);
  r.pass(1s);
  CHECK(r.said() == words{"permit"});
}

TEST_CASE("session: an absurd heartbeat interval is no HELLO") {
  for (const auto interval : {0ms, -5ms, milliseconds{1'000'000'000}}) {
    fixture r;
    r.took(r.subject.start(r.now, {}));
    r.open(interval);
    CHECK(r.said().back() == "disconnect 4200");
  }
}
