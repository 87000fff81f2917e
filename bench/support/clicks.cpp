#include "bench/support/clicks.hpp"

#include "apps/sandbox/keys/keys.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http_client.hpp"
#include "runtime/net/io.hpp"

#include <atomic>
#include <boost/json/array.hpp>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <mutex>

namespace arrakis::bench {
namespace js = boost::json;
namespace {
using clock = std::chrono::steady_clock;
using std::chrono::seconds;

/// The next action of an admin: a button or a select of the current message, or the form that a button opened.
struct move {
  const char* target = nullptr; ///< How the custom id begins; null: the form that is open.
  std::vector<const char*> values = {};
  const char* field = nullptr;
  const char* text = nullptr;
};
const std::vector<move> way_to_review{
  {"wizard:start:"},
  {nullptr, {}, "name", "Sietch Tabr"},
  {"wizard:continue:"},
  {"wizard:chain:", {"sandbox"}},
  {"wizard:continue:"},
  {"wizard:asset-type:", {"native"}},
  {nullptr, {}, "min_balance", "1"},
  {"wizard:continue:"},
  {"wizard:tier-template:", {"standard"}},
  {"wizard:continue:"},
  {"wizard:continue:"},
  {"wizard:channel-template:", {"standard"}},
  {"wizard:continue:"},
};
/// From the review to the review, through every kind of screen.
const std::vector<move> round_trip{
  {"wizard:edit-tiers:"},
  {"wizard:tier-template:", {"simple"}},
  {"wizard:continue:"},
  {"wizard:edit-name:"},
  {nullptr, {}, "name", "Sietch Jacurutu"},
  {"wizard:edit-channels:"},
  {"wizard:channel-template:", {"minimal"}},
  {"wizard:continue:"},
  {"wizard:edit-chain:"},
  {"wizard:chain:", {"sandbox"}},
  {"wizard:continue:"},
  {"wizard:back:"},
  {"wizard:continue:"},
  {"wizard:edit-tiers:"},
  {"wizard:tier-template:", {"standard"}},
  {"wizard:continue:"},
};

/// The first custom id in the rows of a message that begins so.
std::string custom_id_in(const js::object& message, std::string_view begin) {
  if (const auto* rows = json::array_in(message, "components"))
    for (const auto& row : *rows)
      if (const auto* parts = json::array_in(row.as_object(), "components"))
        for (const auto& each : *parts)
          if (const auto id = json::text_or(each.as_object(), "custom_id"); id.starts_with(begin))
            return std::string{id};
  return {};
}

struct session {
  std::string guild, owner, channel;
  js::object seen; ///< The data of the last answer.
  size_t next = 0; ///< Of `round_trip`.
  bool waits = false;
  std::deque<clock::time_point> due; ///< Clicks that were meant to leave and could not yet.
};
} // namespace

struct load_generator::impl {
  demo::local_stack& stack;
  net::io io{1};
  net::http_client client{io};
  std::string key;
  std::vector<session> all;
  std::atomic<int64_t> last_id{1'400'000'000'000'000'000};

  std::mutex lock;
  std::condition_variable changed;
  std::vector<double> latencies;
  std::string wrong; ///< The first answer that was something else.

  explicit impl(demo::local_stack& t) : stack(t), key(t.application_key()) {}

  js::object interaction(const session& s, int type, js::object data) {
    js::object out{{"id", std::to_string(++last_id)},
                   {"application_id", stack.discord().application},
                   {"type", type},
                   {"token", "made-up"},
                   {"version", 1},
                   {"guild_id", s.guild},
                   {"channel_id", s.channel},
                   {"member", js::object{{"user", js::object{{"id", s.owner}}}, {"permissions", "8"}}},
                   {"data", std::move(data)}};
    if (type != 2)
      out["message"] = js::object{{"id", "6"}, {"channel_id", s.channel}};
    return out;
  }

  js::object order(const session& s, const move& m) {
    if (m.field) {
      js::object input{{"type", 4}, {"custom_id", m.field}, {"value", m.text}};
      js::object row{{"type", 1}, {"components", js::array{std::move(input)}}};
      return interaction(s, 5, {{"custom_id", json::text_or(s.seen, "custom_id")}, {"components", js::array{row}}});
    }
    js::object data{{"custom_id", custom_id_in(s.seen, m.target)}, {"component_type", m.values.empty() ? 2 : 3}};
    if (!m.values.empty())
      data["values"] = js::array(m.values.begin(), m.values.end());
    return interaction(s, 3, std::move(data));
  }

  void post(const js::object& what, net::http_client::done done) {
    auto body = js::serialize(what);
    auto headers = sandbox::keys::headers(key, std::to_string(wall_ms() / 1000), body);
    headers.emplace_back("Content-Type", "application/json");
    net::http_request request{"POST", "/webhooks/discord", std::move(headers), std::move(body), {}};
    client.send(stack.public_url(), std::move(request), {clock::now() + seconds{10}}, std::move(done));
  }

  /// The data of a good answer: a message, an update of it, or a form.
  std::optional<js::object> take(const caf::expected<net::http_response>& got) {
    if (!got || got->status != 200)
      return std::nullopt;
    const auto body = json::parse(got->body);
    if (!body || !body->is_object())
      return std::nullopt;
    const auto type = json::integer_or(body->get_object(), "type");
    const auto* data = json::object_in(body->get_object(), "data");
    const bool good = data && (type == 4 || type == 7 || type == 9);
    return good ? std::optional{*data} : std::nullopt;
  }
  static std::string words(const caf::expected<net::http_response>& got) {
    return got ? fmt::format("{}: {}", got->status, got->body.substr(0, 500)) : text_of(got.error());
  }

  /// One after the other, for what is not measured.
  void walk(session& s, const js::object& what) {
    std::optional<caf::expected<net::http_response>> got;
    post(what, [&](caf::expected<net::http_response> r) {
      const std::lock_guard guard{lock};
      got.emplace(std::move(r));
      changed.notify_all();
    });
    std::unique_lock guard{lock};
    changed.wait(guard, [&] { return got.has_value(); });
    auto data = take(*got);
    if (!data)
      throw std::runtime_error("a click was answered with " + words(*got));
    s.seen = std::move(*data);
  }

  /// Under the lock. Sends the next click of `s`, which was meant to leave at `meant`.
  void leave(session& s, clock::time_point meant) {
    s.waits = true;
    const auto what = order(s, round_trip[s.next]);
    s.next = (s.next + 1) % round_trip.size();
    post(what, [this, &s, meant](caf::expected<net::http_response> got) {
      const auto now = clock::now();
      const std::lock_guard guard{lock};
      latencies.push_back(std::chrono::duration<double>(now - meant).count());
      s.waits = false;
      if (auto data = take(got))
        s.seen = std::move(*data);
      else if (wrong.empty())
        wrong = words(got);
      if (!s.due.empty() && wrong.empty()) {
        const auto late = s.due.front();
        s.due.pop_front();
        leave(s, late);
      }
      changed.notify_all();
    });
  }
};

load_generator::load_generator(demo::local_stack& t, size_t sessions) : impl_(std::make_unique<impl>(t)) {
  for (size_t i = 0; i < sessions; ++i) {
    const auto made = t.sandbox("POST", "guilds", js::object{{"name", fmt::format("Sietch {}", i)}});
    const auto text = [&](const char* field) { return std::string{json::text_or(made.as_object(), field)}; };
    impl_->all.push_back({text("guild_id"), text("owner_id"), text("channel_id"), {}, 0, false, {}});
  }
}
load_generator::~load_generator() = default;

void load_generator::open() {
  for (auto& s : impl_->all) {
    impl_->walk(s, impl_->interaction(s, 2, {{"id", "5"}, {"name", "onboard"}, {"type", 1}}));
    for (const auto& m : way_to_review)
      impl_->walk(s, impl_->order(s, m));
  }
}

std::vector<double> load_generator::click(size_t count, double per_second) {
  auto& st = *impl_;
  {
    const std::lock_guard guard{st.lock};
    st.latencies.clear();
  }
  const auto began = clock::now() + std::chrono::milliseconds{10};
  for (size_t i = 0; i < count; ++i) {
    const auto meant = began
                     + std::chrono::duration_cast<clock::duration>(
                         std::chrono::duration<double>(static_cast<double>(i) / per_second));
    if (const auto wait = meant - clock::now(); wait > clock::duration::zero()) {
      const timespec left{0, static_cast<long>(std::chrono::nanoseconds{wait}.count() % 1'000'000'000)};
      ::nanosleep(&left, nullptr); // Below a second each: the pace is some clicks a second at least.
    }
    const std::lock_guard guard{st.lock};
    auto& s = st.all[i % st.all.size()];
    if (s.waits)
      s.due.push_back(meant);
    else
      st.leave(s, meant);
  }
  std::unique_lock guard{st.lock};
  st.changed.wait(guard, [&] { return st.latencies.size() == count || !st.wrong.empty(); });
  if (!st.wrong.empty())
    throw std::runtime_error("a click was answered with " + st.wrong);
  return st.latencies;
}

} // namespace arrakis::bench
