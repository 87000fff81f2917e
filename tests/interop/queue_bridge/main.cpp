// See README.md beside this file.
#include "adapters/queue/events.hpp"
#include "adapters/queue/queue.hpp"
#include "adapters/queue/worker.hpp"
#include "adapters/redis/client.hpp"
#include "runtime/file.hpp"
#include "runtime/json.hpp"
#include "runtime/net/io.hpp"
#include "tests/interop/queue_bridge/tools.hpp"

#include <boost/json.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <mutex>

using namespace arrakis;
using arrakis::bridge::refusal;
using namespace std::chrono_literals;
namespace bj = boost::json;

namespace {
constexpr auto patience = 20s;
constexpr size_t line_bytes_max = 64u << 20;

/// The `seq` of a line that is no JSON, where it comes first: who sent it is told what is wrong with it.
bj::value seq_of_broken(const std::string& line) {
  static constexpr std::string_view head = R"({"seq":)";
  return line.starts_with(head) ? bj::value(std::atoll(line.c_str() + head.size())) : bj::value();
}

void say(const bj::object& what) {
  static std::mutex guard;
  std::scoped_lock lock{guard};
  const auto line = bj::serialize(what) + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

/// The next line of standard input, without its end; false at the end of the input.
bool read_line(std::string& to) {
  to.clear();
  int byte = std::fgetc(stdin);
  if (byte == EOF)
    return false;
  for (; byte != EOF && byte != '\n'; byte = std::fgetc(stdin))
    to.push_back(static_cast<char>(byte));
  return true;
}

bj::value tree(const std::string& text) {
  auto parsed = json::parse(text);
  return parsed ? *parsed : bj::value(text);
}

struct finish {
  std::string id;
  queue::outcome what;
};
using clerk = queue::processor::extend<caf::reacts_to<finish>>;

struct clerk_state {
  std::map<std::string, caf::typed_response_promise<queue::outcome>> open;
  clerk_state() = default;
};

clerk::behavior_type clerking(clerk::stateful_pointer<clerk_state> self) {
  return {
    [self](const queue::process& x) -> caf::result<queue::outcome> {
      auto reply = self->make_response_promise<queue::outcome>();
      self->state.open[x.what.id] = reply;
      say({{"event", "process"},
           {"id", x.what.id},
           {"name", x.what.name},
           {"data", tree(x.what.data_json)},
           {"attempts_made", x.what.attempts_made},
           {"attempts", x.what.attempts}});
      return caf::delegated<queue::outcome>{};
    },
    [self](const finish& x) {
      if (auto found = self->state.open.extract(x.id))
        found.mapped().deliver(x.what);
    },
  };
}

bj::object shown(const queue::job_view& from) {
  bj::array traces;
  for (const auto& each : from.stacktrace)
    traces.emplace_back(each);
  return {{"id", from.what.id},
          {"name", from.what.name},
          {"data", tree(from.what.data_json)},
          {"state", from.state},
          {"attempts_made", from.what.attempts_made},
          {"attempts", from.what.attempts},
          {"failed_reason", from.failed_reason},
          {"return_value", from.return_value.empty() ? bj::value() : tree(from.return_value)},
          {"progress", from.progress.empty() ? bj::value() : tree(from.progress)},
          {"stacktrace", std::move(traces)}};
}

queue::options options_from(const bj::object& from) {
  queue::options made;
  auto text = [&](const char* key, std::string& to) { to = json::text_or(from, key, to); };
  auto time = [&](const char* key, std::chrono::milliseconds& to) {
    to = std::chrono::milliseconds{json::integer_or(from, key, to.count())};
  };
  auto age = [&](const char* key, std::chrono::seconds& to) {
    to = std::chrono::seconds{json::integer_or(from, key, to.count())};
  };
  text("prefix", made.prefix);
  text("name", made.name);
  text("worker_name", made.worker_name);
  made.concurrency = static_cast<unsigned>(json::integer_or(from, "concurrency", made.concurrency));
  time("lock_ms", made.lock);
  time("stalled_check_ms", made.stalled_check);
  made.stalled_max = static_cast<int>(json::integer_or(from, "stalled_max", made.stalled_max));
  time("drain_delay_ms", made.drain_delay);
  time("rate_limit_delay_max_ms", made.rate_limit_delay_max);
  time("error_pause_ms", made.error_pause);
  age("keep_completed_s", made.keep_completed);
  age("keep_failed_s", made.keep_failed);
  age("keep_dead_s", made.keep_dead);
  time("renew_ms", made.renew);
  time("job_within_ms", made.job_within);
  time("call_within_ms", made.call_within);
  time("clean_every_ms", made.clean_every);
  text("dead_letter_suffix", made.dead_letter_suffix);
  made.keep_completed_max = json::integer_or(from, "keep_completed_max", made.keep_completed_max);
  made.keep_failed_max = json::integer_or(from, "keep_failed_max", made.keep_failed_max);
  made.metrics_points = json::integer_or(from, "metrics_points", made.metrics_points);
  made.events_max = json::integer_or(from, "events_max", made.events_max);
  made.data_bytes_max = static_cast<size_t>(json::integer_or(from, "data_bytes_max", 1 << 20));
  if (const auto* waits = json::object_in(from, "custom_back_off"))
    made.custom_back_off = [waits = *waits](const queue::failed_attempt& failed) {
      auto ms = json::integer_or(waits, failed.type, -1);
      if (json::text_or(waits, failed.type) == failed.reason) // A reason instead of a time: what the job's data says.
        if (const auto data = json::parse(failed.of.data_json); data && data->is_object())
          ms = json::integer_or(data->get_object(), "wait", -1);
      return ms < 0 ? std::nullopt : std::optional{std::chrono::milliseconds{ms}};
    };
  made.skip_lock_renewal = json::bool_or(from, "skip_lock_renewal");
  made.skip_stalled_check = json::bool_or(from, "skip_stalled_check");
  if (const auto max = json::integer_or(from, "limiter_max"))
    made.limiter = queue::limiter{max, std::chrono::milliseconds{json::integer_or(from, "limiter_ms", 1000)}};
  return made;
}

queue::outcome outcome_from(const bj::object& from) {
  queue::outcome made;
  const auto what = json::text_or(from, "outcome", "completed");
  made.what = what == "failed"       ? queue::outcome::failed_retryable
            : what == "failed_final" ? queue::outcome::failed_final
            : what == "postponed"    ? queue::outcome::postponed
            : what == "children"     ? queue::outcome::awaits_children
            : what == "limited"      ? queue::outcome::rate_limited
                                     : queue::outcome::completed;
  if (const auto* value = from.if_contains("value"))
    made.value_json = bj::serialize(*value);
  made.reason = json::text_or(from, "reason");
  made.wait = std::chrono::milliseconds{json::integer_or(from, "wait_ms")};
  return made;
}

queue::listener::behavior_type telling(queue::listener::pointer) {
  return {
    [](const queue::event& what) {
      bj::object fields{{"id", what.id}, {"event", what.name}};
      for (const auto& [key, value] : what.fields)
        fields[key] = value;
      say({{"event", "seen"}, {"what", std::move(fields)}});
    },
    [](queue::subscribed) {
      say({{"event", "reading"}});
    },
  };
}

void closing(caf::event_based_actor* self, const queue::worker& worker, const bj::value& seq) {
  self->request(worker, patience, queue::close{})
    .then(
      [seq](queue::done) {
        say({{"seq", seq}, {"ok", true}});
      },
      [seq](caf::error& e) {
        auto answer = refusal(e);
        answer["seq"] = seq;
        say(answer);
      });
}

/// The queue and its worker that `open` builds.
struct queue_and_worker {
  net::io& io;
  caf::actor_system& sys;
  redis::options link;
  queue::options how;
  redis::link client = redis::connect(io, link);
  queue::handle queue = queue::start_queue(sys, client, how);
  queue::admin tools{client, how};
  clerk jobs = sys.spawn(clerking);
  queue::worker worker;
  queue::listener events;
  caf::scoped_actor self{sys};

  template <class R, class Message, class Show>
  bj::object ask(Message what, Show show) {
    bj::object answer;
    self->request(queue, patience, std::move(what))
      .receive(
        [&](R& x) {
          answer = show(x);
          answer["ok"] = true;
        },
        [&](caf::error& e) { answer = refusal(e); });
    return answer;
  }
  static bj::object nothing(const queue::done&) { return {}; }
  deadline until() const { return {std::chrono::steady_clock::now() + patience}; }

  bj::object add(const bj::object& x) {
    queue::job_options options{.id = std::string{json::text_or(x, "id")},
                               .attempts = static_cast<int>(json::integer_or(x, "attempts", 3)),
                               .delay_ms = json::integer_or(x, "delay"),
                               .priority = static_cast<int>(json::integer_or(x, "priority"))};
    if (const auto* backoff = json::object_in(x, "backoff"))
      options.backoff = {std::string{json::text_or(*backoff, "type")}, json::integer_or(*backoff, "delay")};
    const auto* data = x.if_contains("data");
    return ask<queue::added>(
      queue::add{std::string{json::text_or(x, "name")}, data ? bj::serialize(*data) : "{}", options, until()},
      [](const queue::added& a) {
        return bj::object{{"id", a.id}};
      });
  }

  bj::object run(std::string_view op, const bj::object& x) {
    const std::string id{json::text_or(x, "id")};
    if (op == "add")
      return add(x);
    if (op == "counts")
      return ask<queue::counts>(queue::get_counts{until()}, [](const queue::counts& c) {
        return bj::object{{"waiting", c.waiting},         {"active", c.active},      {"delayed", c.delayed},
                          {"completed", c.completed},     {"failed", c.failed},      {"paused", c.paused},
                          {"prioritized", c.prioritized}, {"is_paused", c.is_paused}};
      });
    if (op == "pause" || op == "resume")
      return ask<queue::done>(queue::pause{op == "pause", until()}, nothing);
    if (op == "list")
      return ask<queue::job_list>(queue::list_jobs{std::string{json::text_or(x, "state")},
                                                   static_cast<size_t>(json::integer_or(x, "first")),
                                                   static_cast<size_t>(json::integer_or(x, "count", 50)), until()},
                                  [](const queue::job_list& list) {
                                    bj::array views;
                                    for (const auto& each : list.jobs)
                                      views.push_back(shown(each));
                                    return bj::object{{"jobs", std::move(views)}};
                                  });
    if (op == "show")
      return ask<queue::job_view>(queue::get_job{id, until()}, [](const queue::job_view& v) {
        return bj::object{{"job", shown(v)}};
      });
    if (op == "state")
      return ask<queue::job_state>(queue::get_job_state{id, until()}, [](const queue::job_state& w) {
        return bj::object{{"state", w.state}};
      });
    if (op == "retry")
      return ask<queue::done>(queue::retry{id, until()}, nothing);
    if (op == "replay")
      return ask<queue::done>(queue::replay{id, until()}, nothing);
    if (op == "progress") {
      const auto* value = x.if_contains("value");
      caf::anon_send(queue, queue::progress{id, value ? bj::serialize(*value) : "null"});
      return {{"ok", true}};
    }
    if (auto answer = arrakis::bridge::run_tool(tools, op, x))
      return std::move(*answer);
    return run_worker(op, id, x);
  }

  bj::object run_worker(std::string_view op, const std::string& id, const bj::object& x) {
    if (op == "worker" && !worker) {
      worker = queue::start_worker(sys, redis::connect(io, link), how, caf::actor_cast<queue::processor>(jobs));
      return {{"ok", true}};
    }
    if (op == "events" && !events) {
      events = sys.spawn(telling);
      queue::start_events(sys, client, how, events);
      return {{"ok", true}};
    }
    if (op == "finish") {
      caf::anon_send(jobs, finish{id, outcome_from(x)});
      return {{"ok", true}};
    }
    if (op == "concurrency" && worker) {
      bj::object answer;
      self->request(worker, patience, queue::set_concurrency{static_cast<unsigned>(json::integer_or(x, "max"))})
        .receive(
          [&](const queue::done&) {
            answer = {{"ok", true}};
          },
          [&](const caf::error& e) { answer = refusal(e); });
      return answer;
    }
    if (op == "close" && worker) {
      sys.spawn(closing, std::exchange(worker, {}), x.contains("seq") ? x.at("seq") : bj::value());
      return {}; // Answered when the last job has ended, which others of our requests may have to bring about.
    }
    return refusal(fail(ec::invalid, fmt::format("op: '{}' is unknown, or not now", op)));
  }

  ~queue_and_worker() {
    caf::anon_send_exit(queue, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(jobs, caf::exit_reason::user_shutdown);
    if (events)
      caf::anon_send_exit(events, caf::exit_reason::user_shutdown);
    if (worker)
      caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
  }
};

bj::object answer_to(std::optional<queue_and_worker>& place, net::io& io, caf::actor_system& sys, const bj::object& x) {
  const auto op = json::text_or(x, "op");
  if (op == "open" && !place) {
    const auto* options = json::object_in(x, "options");
    redis::options link{.url = secret{std::string{json::text_or(x, "url")}}};
    if (const auto ca = file::read(std::string{json::text_or(x, "ca_file")}, 1 << 20))
      link.ca = secret{*ca};
    place.emplace(io, sys, std::move(link), options_from(options ? *options : bj::object{}));
    return {{"ok", true}};
  }
  if (!place)
    return refusal(fail(ec::invalid, "op: 'open' comes first"));
  return place->run(op, x);
}
} // namespace

int main() {
  net::io io;
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  std::optional<queue_and_worker> place;
  for (std::string line; read_line(line);) {
    const auto parsed = json::parse(line, {.bytes_max = line_bytes_max});
    const bj::object request = parsed && parsed->is_object() ? parsed->get_object() : bj::object{};
    bj::object answer;
    try {
      answer = parsed ? answer_to(place, io, sys, request) : refusal(parsed.error());
    } catch (const std::exception& e) {
      answer = refusal(fail(ec::invalid, e.what()));
    }
    if (answer.empty())
      continue;
    answer["seq"] = parsed ? (request.contains("seq") ? request.at("seq") : bj::value()) : seq_of_broken(line);
    say(answer);
  }
}
