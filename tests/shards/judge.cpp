#include "tests/shards/judge.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis::shards_test {
namespace {
bool is_frame(const entry& e, int64_t op) { return e.what == entry::in && e.op == op; }
bool begins(const entry& e) { return is_frame(e, 2); }
bool resumes(const entry& e) { return is_frame(e, 6); }
bool opens(const entry& e) { return e.what == entry::opened; }
bool shard_closes(const entry& e) { return e.what == entry::closed && e.by_shard; }

template <class Predicate>
size_t count(const trace& of, Predicate p) {
  return static_cast<size_t>(std::count_if(of.entries.begin(), of.entries.end(), p));
}
template <class Predicate>
const entry* last(const trace& of, Predicate p) {
  const auto found = std::find_if(of.entries.rbegin(), of.entries.rend(), p);
  return found == of.entries.rend() ? nullptr : &*found;
}

bool moves(reaction r) { return r == reaction::resumes || r == reaction::begins_anew; }

std::string judge_closing(const trace& t, const expectation& want) {
  for (const auto& e : t.entries)
    if (shard_closes(e)) {
      if (want.our_close == 0)
        return fmt::format("closed with {} by itself", e.code);
      if (e.code != want.our_close)
        return fmt::format("closed with {}, not {}", e.code, want.our_close);
    }
  if (want.our_close != 0 && count(t, shard_closes) == 0)
    return "did not close the connection";
  return {};
}

std::string judge_connections(const trace& t, const expectation& want) {
  const auto opened = count(t, opens), expected = moves(want.what) ? want.connections : 0;
  if (opened != expected)
    return fmt::format("{} new connections, not {}", opened, expected);
  if (!moves(want.what))
    return {};
  if (const auto* e = last(t, opens); !want.target.empty() && !e->target.starts_with(want.target))
    return fmt::format("connected to {}, not {}", e->target, want.target);
  if (t.waits.empty())
    return "no wait was measured";
  if (t.waits.front() < want.wait_least || t.waits.front() > want.wait_most)
    return fmt::format("came back after {} ms, not {} to {}", t.waits.front().count(), want.wait_least.count(),
                       want.wait_most.count());
  return {};
}

std::string judge_resume(const trace& t, const expectation& want) {
  const auto* e = last(t, resumes);
  if (!e)
    return "did not resume";
  if (count(t, begins) > 0)
    return "began a new session";
  if (e->session != want.session)
    return "resumed another session";
  if (e->sequence != want.sequence)
    return fmt::format("resumed at {}, not at {}", e->sequence, want.sequence);
  const auto* opened = last(t, opens);
  if (want.what == reaction::resumes && (!opened || opened->connection != e->connection))
    return "resumed elsewhere than on the new connection";
  const auto* told = last(t, [](const entry& x) { return x.what == entry::out && x.type == "RESUMED"; });
  return !told || told->connection != e->connection ? "was not resumed" : "";
}

std::string judge_begin(const trace& t, const expectation& want) {
  const auto* e = last(t, begins);
  if (!e)
    return "did not identify";
  if (count(t, resumes) != want.resumes_before)
    return fmt::format("tried to resume {} times, not {}", count(t, resumes), want.resumes_before);
  const auto* opened = last(t, opens);
  if (want.what == reaction::begins_anew && (!opened || opened->connection != e->connection))
    return "identified elsewhere than on the new connection";
  const auto* told = last(t, [](const entry& x) { return x.what == entry::out && x.type == "READY"; });
  return !told || told->connection != e->connection ? "did not become ready" : "";
}

std::string judge_frames(const trace& t, const expectation& want) {
  switch (want.what) {
    case reaction::resumes:
    case reaction::resumes_here: return judge_resume(t, want);
    case reaction::begins_here:
    case reaction::begins_anew: return judge_begin(t, want);
    case reaction::goes_on:
    case reaction::beats: break;
    case reaction::stops:
      return count(t, [](const entry& e) { return e.what == entry::in; }) > 0 ? "still says something" : "";
  }
  if (count(t, begins) + count(t, resumes) > 0)
    return "began or resumed a session";
  const auto beats = count(t, [](const entry& e) { return is_frame(e, 1); });
  if (want.what == reaction::goes_on)
    return {};
  if (beats != 1)
    return fmt::format("{} heartbeats, not one", beats);
  const auto at = last(t, [](const entry& e) { return is_frame(e, 1); })->sequence;
  return at == want.sequence ? "" : fmt::format("a heartbeat with {}, not {}", at, want.sequence);
}
} // namespace

trace read(const boost::json::array& record) {
  trace out;
  for (const auto& line : record) {
    const auto& o = line.as_object();
    const auto what = json::text_or(o, "what");
    entry e{.what = what == "opened" ? entry::opened
                  : what == "in"     ? entry::in
                  : what == "out"    ? entry::out
                                     : entry::closed,
            .connection = json::integer_or(o, "connection"),
            .op = json::integer_or(o, "op", -1),
            .sequence = json::integer_or(o, "seq", json::integer_or(o, "d", -1)),
            .session = std::string{json::text_or(o, "session_id")},
            .type = std::string{json::text_or(o, "t")},
            .code = json::integer_or(o, "code"),
            .by_shard = json::text_or(o, "by") == "client",
            .target = std::string{json::text_or(o, "target")}};
    out.entries.push_back(std::move(e));
  }
  return out;
}

std::string judge(const trace& t, const expectation& want) {
  if (auto why = judge_closing(t, want); !why.empty())
    return why;
  if (auto why = judge_connections(t, want); !why.empty())
    return why;
  return judge_frames(t, want);
}

std::vector<variant> wrong_variants(const trace& right, const expectation& want) {
  std::vector<variant> out;
  const auto add = [&](std::string name, auto change) {
    auto t = right;
    change(t);
    out.push_back({std::move(name), std::move(t)});
  };
  const auto each = [](trace& t, auto of, auto change) {
    for (auto& e : t.entries)
      if (of(e))
        change(e);
  };
  const auto without = [](trace& t, auto of) { std::erase_if(t.entries, of); };
  const entry stranger{.what = entry::opened, .connection = 1 << 20, .target = "/"};
  add("one more connection", [&](trace& t) { t.entries.push_back(stranger); });
  add("a close that ends the session",
      [](trace& t) { t.entries.push_back({.what = entry::closed, .code = 1001, .by_shard = true}); });
  if (want.our_close != 0)
    add("no close", [&](trace& t) { without(t, shard_closes); });
  if (moves(want.what)) {
    add("no new connection", [&](trace& t) { without(t, opens); });
    add("another wait", [&](trace& t) { t.waits.front() = want.wait_most + milliseconds{1}; });
    if (want.wait_least.count() > 0)
      add("too short a wait", [&](trace& t) { t.waits.front() = want.wait_least - milliseconds{1}; });
    if (!want.target.empty())
      add("another place", [&](trace& t) { each(t, opens, [](entry& e) { e.target = "/elsewhere"; }); });
  }
  if (want.what == reaction::resumes || want.what == reaction::resumes_here) {
    add("a new session", [&](trace& t) { each(t, resumes, [](entry& e) { e.op = 2; }); });
    add("a wrong sequence", [&](trace& t) { each(t, resumes, [](entry& e) { --e.sequence; }); });
    add("another session", [&](trace& t) { each(t, resumes, [](entry& e) { e.session += "x"; }); });
    add("silence", [&](trace& t) { without(t, resumes); });
  }
  if (want.what == reaction::begins_anew || want.what == reaction::begins_here) {
    add("a resume", [&](trace& t) { each(t, begins, [](entry& e) { e.op = 6; }); });
    add("silence", [&](trace& t) { without(t, begins); });
  }
  if (want.what == reaction::beats) {
    add("no heartbeat", [&](trace& t) { without(t, [](const entry& e) { return is_frame(e, 1); }); });
    add("a heartbeat of the past", [&](trace& t) {
      each(
        t, [](const entry& e) { return is_frame(e, 1); }, [](entry& e) { --e.sequence; });
    });
  }
  if (want.what == reaction::goes_on || want.what == reaction::beats)
    add("a resume", [](trace& t) { t.entries.push_back({.what = entry::in, .op = 6}); });
  if (want.what == reaction::stops)
    add("a heartbeat", [](trace& t) { t.entries.push_back({.what = entry::in, .op = 1}); });
  return out;
}
} // namespace arrakis::shards_test
