// Three arrakisd on one machine: they share PostgreSQL, Redis and one bot. What lies between them and Discord is
// jittery, and one after the other is stopped or killed.
#include "adapters/embedded/embedded.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/io.hpp"
#include "tests/system/forwarder.hpp"
#include "tests/system/inspect.hpp"
#include "tests/system/node.hpp"
#include "tests/system/records.hpp"
#include "tests/system/signed.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <condition_variable>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mutex>
#include <thread>

namespace {
using namespace arrakis;
using namespace arrakis::system_test;
using namespace std::chrono_literals;
namespace js = boost::json;
using strings = std::vector<std::string>;

/// Way to Discord for all of them, made before they are.
forwarder& way() {
  static forwarder one;
  return one;
}

strings ours() { return {"ARRAKIS_DISCORD_API_URL=" + way().url(), "ARRAKIS_QUEUE_CONCURRENCY=4"}; }

test_stack& here() {
  return shared(false, ours(), [](demo::local_stack& t) { way().to({t.discord().url}); });
}

std::unique_ptr<node> start(const std::string& name, strings environment = {}, const std::string& roles = "all") {
  auto& w = here();
  for (const auto& line : ours())
    environment.push_back(line);
  return std::make_unique<node>(w, name, roles, std::move(environment));
}

/// Interactions are posted to `urls` in turn; none: they come by the gateway.
class webhook_endpoint {
public:
  explicit webhook_endpoint(const strings& urls) {
    turns_.to(urls);
    here().stack().sandbox("POST", "endpoint", js::object{{"url", turns_.url() + "/webhooks/discord"}});
  }
  ~webhook_endpoint() { here().stack().sandbox("POST", "endpoint", js::object{{"url", ""}}); }
  int64_t passed(size_t index) const { return turns_.passed(index); }

private:
  forwarder turns_;
};

js::object statistics() { return here().stack().sandbox("GET", "statistics").as_object(); }
js::object gateway() { return here().stack().sandbox("GET", "gateway").as_object(); }

/// Each in a thread of its own: the first that fails is told.
template <class F>
void at_once(size_t count, F what) {
  std::mutex lock;
  std::string failed;
  std::vector<std::jthread> all;
  for (size_t i = 0; i < count; ++i)
    all.emplace_back([&, i] {
      try {
        what(i);
      } catch (const std::exception& e) {
        std::lock_guard hold{lock};
        failed = e.what();
      }
    });
  all.clear();
  if (!failed.empty())
    FAIL(failed);
}

/// A click that nobody waits for: whether it had its effect is asked afterwards. The interaction's id.
std::string click(const place& at, const std::string& message, const std::string& what) {
  const js::object order{
    {"user", at.owner}, {"channel", at.channel}, {"message", message}, {"custom_id", what}, {"wait", "none"}};
  return std::string{json::text_or(here().stack().sandbox("POST", "interactions", order).as_object(), "id")};
}
std::string message_of(const demo::person& who) { return std::string{json::text_or(who.message().as_object(), "id")}; }

std::vector<place> deploy_everywhere(size_t count, const std::string& name) {
  auto& w = here();
  std::vector<place> guilds;
  for (size_t i = 0; i < count; ++i)
    guilds.push_back(w.create_guild(fmt::format("{} {}", name, i)));
  std::vector<std::optional<demo::person>> admins(count);
  at_once(count, [&](size_t i) { admins[i].emplace(w.at_review(guilds[i], fmt::format("{} {}", name, i))); });
  w.stack().sandbox("DELETE", "statistics");
  for (size_t i = 0; i < count; ++i)
    click(guilds[i], message_of(*admins[i]), "wizard:deploy:*");
  return guilds;
}

/// Roles and channels that the bot made in the guild, perhaps twice by two processes, and no version knows.
std::vector<snowflake> surplus(const place& at) {
  auto made = read_guild(here(), at).made;
  for (const auto& [of, id] : shadow_ids(here(), at))
    std::erase(made, id);
  return made;
}

void check_whole(const place& at) {
  CHECK(disagreements(here(), at) == strings{});
  CHECK(surplus(at).empty());
  CHECK(wait_until_idle(here(), at));
}

constexpr size_t many = 12; // As many as the three work on at once: each has four.
} // namespace

TEST_CASE("global rate limit: over three processes at most 50 requests a second arrive, also with network jitter") {
  const auto second = start("second"), third = start("third");
  const webhook_endpoint endpoint{{here().stack().public_url(), second->public_url(), third->public_url()}};
  for (const auto jitter : {0ms, 500ms}) {
    CAPTURE(jitter.count());
    way().delay(jitter);
    const auto guilds = deploy_everywhere(many, fmt::format("Budget {}", jitter.count()));
    for (const auto& at : guilds)
      CHECK(wait_for_state(here(), at, 1, "completed", 120s));
    const auto seen = statistics();
    CHECK(json::integer_or(seen, "peak_per_second") <= 50);
    CHECK(json::integer_or(seen, "peak_per_second") > 20); // The budget was needed.
    CHECK(count_refusals(here()) == refusals{});
    way().delay(0ms);
    check_whole(guilds.front());
    check_whole(guilds.back());
  }
  double done = 0;
  for (const auto& url : {here().stack().admin_url(), second->admin_url(), third->admin_url()}) {
    const auto share = metric(here(), url, "arrakis_jobs_ended_total", "end=\"completed\"");
    CHECK(share > 0); // Each of them did its part.
    done += share;
  }
  CHECK(done >= 2.0 * many);
}

TEST_CASE("global rate limit: negative control: processes that do not share the budget's Redis exceed it") {
  // The queue is shared; the budget, in another database, is not.
  auto& w = here();
  const auto url = embedded::redis_url(w.stack().folder() + "/arrakis");
  const auto alone = [&](int database) {
    return start(fmt::format("alone-{}", database),
                 {fmt::format("ARRAKIS_REDIS_URL={}?db={}", url, database), "ARRAKIS_REDIS_QUEUE_URL=" + url},
                 "worker");
  };
  const auto second = alone(2), third = alone(3);
  const auto guilds = deploy_everywhere(many, "Own budgets");
  for (const auto& at : guilds)
    CHECK(wait_for_state(w, at, 1, "completed", 120s));
  CHECK(json::integer_or(statistics(), "peak_per_second") > 50);
}

TEST_CASE("interactions endpoint: clicks arrive round robin, and each process continues the same wizard session") {
  auto& w = here();
  const auto second = start("second"), third = start("third");
  const strings urls{w.stack().public_url(), second->public_url(), third->public_url()};
  const strings admins{w.stack().admin_url(), second->admin_url(), third->admin_url()};
  std::vector<double> before;
  for (const auto& url : admins)
    before.push_back(metric(w, url, "arrakis_interactions_answered_total"));
  const webhook_endpoint endpoint{urls};
  const auto at = w.create_guild("Round robin");
  auto admin = w.at_review(at, "Round robin");
  CHECK(demo::deploy(admin));
  double answered = 0;
  for (size_t i = 0; i < urls.size(); ++i) {
    const auto mine = metric(w, admins[i], "arrakis_interactions_answered_total") - before[i];
    CHECK(mine >= 4);
    answered += mine;
  }
  // Each click was answered once; the two checks of Discord's before it trusts an endpoint come on top.
  const auto passed = static_cast<double>(endpoint.passed(0) + endpoint.passed(1) + endpoint.passed(2));
  CHECK(answered == doctest::Approx(passed).epsilon(0.2));
  check_whole(at);
}

namespace {
/// The custom id in `text`, JSON of a message, that begins with `prefix`.
std::string button_in(const std::string& text, const std::string& prefix) {
  const auto begin = text.find('"' + prefix);
  REQUIRE_MESSAGE(begin != std::string::npos, prefix, " in ", text);
  return text.substr(begin + 1, text.find('"', begin + 1) - begin - 1);
}

net::http_request press_of(const place& at, const std::string& button) {
  static int64_t last = 1'600'000'000'000'000'000;
  const auto id = std::to_string(++last);
  return signed_interaction(
    here(), json::print(js::object{{"id", id},
                                   {"application_id", here().stack().discord().application},
                                   {"type", 3},
                                   {"token", "made-up-" + id},
                                   {"version", 1},
                                   {"guild_id", at.guild},
                                   {"channel_id", at.channel},
                                   {"message", js::object{{"id", "6"}}},
                                   {"member", js::object{{"user", js::object{{"id", at.owner}}}, {"permissions", "8"}}},
                                   {"data", js::object{{"custom_id", button}, {"component_type", 2}}}}));
}

/// The same button pressed `count` times at one moment, each at the next of `urls`: what each of them was answered.
strings pressed_at_once(const strings& urls, size_t count, const place& at, const std::string& button) {
  strings said(count);
  std::mutex lock;
  std::condition_variable changed;
  size_t open = count;
  net::io io{1};
  net::http_client client{io};
  std::vector<net::http_request> all;
  for (size_t i = 0; i < count; ++i)
    all.push_back(press_of(at, button));
  for (size_t i = 0; i < count; ++i)
    client.send(urls[i % urls.size()], std::move(all[i]), {std::chrono::steady_clock::now() + 20s},
                [&, i](caf::expected<net::http_response> got) {
                  std::lock_guard hold{lock};
                  said[i] = got ? got->body : text_of(got.error());
                  --open;
                  changed.notify_all();
                });
  std::unique_lock hold{lock};
  changed.wait(hold, [&] { return open == 0; });
  return said;
}
} // namespace

TEST_CASE("wizard session: of twelve clicks at once at three processes one counts, the others are told") {
  auto& w = here();
  const auto second = start("second"), third = start("third");
  const strings urls{w.stack().public_url(), second->public_url(), third->public_url()};
  const auto at = w.create_guild("At once");
  auto admin = w.admin(at);
  admin.type("onboard");
  REQUIRE(admin.sees("Step 1 of 8"));
  admin.press("wizard:start:*");
  admin.submit(js::object{{"name", "At once"}});
  REQUIRE(admin.sees("At once"));
  auto button = button_in(json::print(admin.message()), "wizard:continue:");
  for (int round = 0; round < 6; ++round) {
    CAPTURE(round);
    const auto said = pressed_at_once(urls, 12, at, button);
    size_t counted = 0;
    for (const auto& answer : said) {
      REQUIRE_MESSAGE(answer.find(R"("type":7)") != std::string::npos, answer);
      counted += answer.find("Another click was quicker") == std::string::npos ? 1 : 0;
    }
    CHECK(counted == 1);
    button = button_in(said.front(), round % 2 == 0 ? "wizard:back:" : "wizard:continue:");
  }
}

namespace {
bool holds_shard(const std::string& admin) {
  const auto leases = [&](const char* event) {
    return metric(here(), admin, "arrakis_shard_leases_total", fmt::format("event=\"{}\"", event));
  };
  return leases("taken") > leases("lost");
}

/// The process that holds the shard: the stack's own (null) or one of `nodes`.
node* owner(const std::vector<node*>& nodes) {
  for (auto* each : nodes)
    if (holds_shard(each->admin_url()))
      return each;
  return nullptr;
}

js::object only_session() {
  const auto all = gateway().at("sessions").as_array();
  REQUIRE(all.size() == 1);
  return all[0].as_object();
}

bool answered(const std::string& interaction, std::chrono::milliseconds patience) {
  return demo::eventually(
    [&] {
      const auto now = here().stack().sandbox("GET", "interactions/" + interaction);
      const auto phase = json::text_or(now.as_object(), "phase");
      return phase == "answered" || phase == "form";
    },
    patience);
}

} // namespace

TEST_CASE("shard lease: when its owner stops or is killed another process resumes; each dispatch is handled once") {
  auto& w = here();
  const auto second = start("second"), third = start("third");
  const std::vector<node*> nodes{second.get(), third.get()};
  REQUIRE(owner(nodes) == nullptr); // The stack's own came first.
  w.stack().sandbox("POST", "clock", js::object{{"acknowledge_ms", 25'000}});
  const auto at = w.create_guild("Handed over");
  auto admin = w.admin(at);
  admin.type("onboard");
  REQUIRE(admin.sees("Step 1 of 8"));
  const auto message = message_of(admin);
  const auto session = std::string{json::text_or(only_session(), "id")};
  const auto begun = gateway();
  {
    // Stopped for longer than its lease, and then it goes on: it must find that it is not the owner any more.
    const standing_still asleep{{w.stack().arrakis_pid()}};
    const auto form = click(at, message, "wizard:start:*");
    CHECK(answered(form, 15s));
    CHECK(json::text_or(only_session(), "id") == session);
    CHECK(json::integer_or(gateway(), "resumes") == json::integer_or(begun, "resumes") + 1);
    REQUIRE(owner(nodes) != nullptr);
  }
  CHECK(demo::eventually(
    [&] { return test::content(w.stack().log_file()).find("shard.lease_lost") != std::string::npos; }, 10s));
  const auto stale = metric(w, w.stack().admin_url(), "arrakis_ingress_deliveries_total");
  const auto elsewhere = w.create_guild("Handed over again");
  auto other = w.admin(elsewhere);
  other.type("onboard"); // Handled by the new owner alone.
  REQUIRE_MESSAGE(other.sees("Step 1 of 8"), other.text());
  CHECK(metric(w, w.stack().admin_url(), "arrakis_ingress_deliveries_total") == stale);
  CHECK(json::integer_or(gateway(), "resumes")
        == json::integer_or(begun, "resumes") + 1); // The old owner took nothing back.

  const auto second_message = message_of(other);
  auto* const dying = owner(nodes);
  dying->kill();
  const auto form = click(elsewhere, second_message, "wizard:start:*");
  CHECK(answered(form, 15s));
  CHECK(json::text_or(only_session(), "id") == session);
  CHECK(json::integer_or(gateway(), "resumes") == json::integer_or(begun, "resumes") + 2);
  CHECK(json::integer_or(gateway(), "identifies") == json::integer_or(begun, "identifies"));
  const auto edits = json::integer_or(here().stack().sandbox("GET", "interactions/" + form).as_object(), "edits");
  CHECK(edits <= 1);
  w.stack().sandbox("POST", "clock", js::object{{"acknowledge_ms", 3'000}});
}

TEST_CASE("lease: a worker that stands still (SIGSTOP) during a deployment has no effects after its lease was taken") {
  auto& w = here();
  // Workers alone: who holds the shard takes the clicks, and one that stands still would keep what it has read of them.
  const auto second = start("second", {}, "worker"), third = start("third", {}, "worker");
  REQUIRE(demo::eventually([&] { return holds_shard(w.stack().admin_url()); }, 30s));
  std::vector<place> guilds;
  for (int i = 0; i < 8; ++i) // Twice as many as one of the three has places for.
    guilds.push_back(w.create_guild(fmt::format("Asleep {}", i)));
  std::vector<std::optional<demo::person>> admins(guilds.size());
  at_once(guilds.size(),
          [&](size_t i) { admins[i].emplace(w.at_review(guilds[i], "Asleep", "standard", "standard")); });
  for (const auto& at : guilds)
    w.order_fault({{"kind", "delay"},
                   {"method", "POST"},
                   {"path", "/guilds/" + at.guild + "/channels"},
                   {"skip", 2},
                   {"delay_ms", 700},
                   {"times", 5}});
  for (size_t i = 0; i < guilds.size(); ++i)
    click(guilds[i], message_of(*admins[i]), "wizard:deploy:*");
  node* asleep = nullptr;
  REQUIRE(demo::eventually(
    [&] {
      for (auto* each : {second.get(), third.get()})
        if (metric(w, each->admin_url(), "arrakis_gate_writes_total") > 0
            && metric(w, each->admin_url(), "arrakis_jobs_ended_total") == 0)
          asleep = each;
      return asleep != nullptr;
    },
    20s));
  {
    const standing_still it{{asleep->pid()}};
    for (const auto& at : guilds)
      CHECK(wait_for_state(w, at, 1, "completed"));
  }
  CHECK(demo::eventually([&] { return metric(w, asleep->admin_url(), "arrakis_jobs_running") == 0; }, 20s));
  for (const auto& at : guilds)
    check_whole(at);
  w.clear_faults();
}

TEST_CASE("freeze: within a second no write of the frozen community leaves, on any node") {
  auto& w = here();
  const auto second = start("second"), third = start("third");
  constexpr size_t count = many;
  // A create with a committed intent that waits for its turn: only the node's own reading of the fences keeps it back.
  constexpr auto turn = 5s;
  const auto limit = w.order_fault({{"kind", "rate_limit"},
                                    {"method", "POST"},
                                    {"path", "/guilds/*/channels"},
                                    {"retry_after_ms", std::chrono::milliseconds{turn}.count()},
                                    {"times", -1}});
  const strings admins{w.stack().admin_url(), second->admin_url(), third->admin_url()};
  const auto written = [&](const std::string& url) { return metric(w, url, "arrakis_gate_writes_total"); };
  std::vector<double> before;
  for (const auto& url : admins)
    before.push_back(written(url));
  const auto guilds = deploy_everywhere(count, "Frozen");
  // Each has four places, and none of the twelve comes to its end: all have some.
  const bool on_all = demo::eventually(
    [&] {
      size_t at_work = 0;
      for (size_t i = 0; i < admins.size(); ++i)
        at_work += written(admins[i]) > before[i] ? 1 : 0;
      return at_work == admins.size() && w.times_faulted(limit) >= static_cast<int64_t>(count);
    },
    30s);
  REQUIRE_MESSAGE(on_all, w.stack().ctl({"jobs", "list"}).second);
  const auto hints = [&](const std::string& url) { return metric(w, url, "arrakis_fences_hints_total"); };
  std::vector<double> hinted;
  for (const auto& url : admins)
    hinted.push_back(hints(url));
  std::vector<int64_t> ordered(count);
  at_once(count, [&](size_t i) {
    const auto done = run("arrakisctl", {"community", "freeze", guilds[i].guild}, beside(w));
    if (done.first != 0)
      throw std::runtime_error(done.second);
    ordered[i] = wall_ms();
  });
  w.clear_faults();
  demo::breathe(turn + 1s); // Leaves time for requests that must not come.
  // One second by promise; on its way when the second ended, and the two clocks' rounding: a quarter more.
  constexpr int64_t allowed_ms = 1'250;
  const auto all = w.stack().sandbox("GET", "requests").as_array();
  int64_t late = 0;
  for (const auto& each : all) {
    const auto& request = each.as_object();
    if (!json::bool_or(request, "effect"))
      continue;
    for (size_t i = 0; i < count; ++i)
      if (json::text_or(request, "path").find("/guilds/" + guilds[i].guild) != std::string::npos)
        late += json::integer_or(request, "at_ms") > ordered[i] + allowed_ms ? 1 : 0;
  }
  CHECK(late == 0);
  for (size_t i = 0; i < admins.size(); ++i) // Each order was hinted to every node, which need not have polled for it.
    CHECK(hints(admins[i]) >= hinted[i] + static_cast<double>(count));
  for (const auto& at : guilds)
    CHECK(w.stack().ctl({"community", "thaw", at.guild}).first == 0);
  for (const auto& at : guilds)
    CHECK(wait_for_state(w, at, 1, "completed"));
  check_whole(guilds.front());
}
