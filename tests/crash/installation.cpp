#include "tests/crash/installation.hpp"

#include "tests/support/skewed_clock.hpp"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <pqxx/pqxx>

namespace arrakis::crash {
namespace {
std::string word_in(const std::string& dsn, const std::string& key) {
  const auto at = dsn.find(key + "=") + key.size() + 1;
  return dsn.substr(at, dsn.find(' ', at) - at);
}

/// SIGKILL, and until it is dead: nothing that it says afterwards can be its answer to what the proxy holds.
void kill_and_see(int pid) {
  ::kill(pid, SIGKILL);
  for (;;) {
    const auto stat = test::content(fmt::format("/proc/{}/stat", pid));
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos || stat.size() < name_end + 3 || stat[name_end + 2] == 'Z')
      return;
    ::poll(nullptr, 0, 1);
  }
}

/// The process has one cluster, and so one installation at a time.
test::postgres_server with_clock(std::chrono::milliseconds ahead) {
  test::postgres_server::set_environment(test::skewed_clock(ahead));
  return {};
}

int port_of(const std::string& url) {
  int port = 0;
  const auto at = url.rfind(':') + 1;
  std::from_chars(url.data() + at, url.data() + url.size(), port);
  return port;
}
} // namespace

std::string_view name_of(fault f) {
  switch (f) {
    case fault::kill_before: return "killed before";
    case fault::kill_after: return "killed after";
    case fault::kill_and_empty: return "killed, Redis emptied";
    case fault::lose_answer: return "answer lost";
    case fault::kill_and_click: return "killed, clicked again";
    case fault::kill_postgres: return "PostgreSQL killed";
    case fault::kill_redis: return "Redis killed";
    case fault::empty_redis: return "Redis emptied";
    case fault::disk_full: return "disk full";
  }
  return "";
}

std::string clocks::text() const {
  const auto seconds = [](std::chrono::milliseconds ms) { return ms.count() / 1'000; };
  return fmt::format("arrakisd {:+} s, Discord {:+} s, PostgreSQL {:+} s, Redis {:+} s", seconds(arrakisd),
                     seconds(discord), seconds(postgres), seconds(redis));
}

const clocks& clocks_of(size_t number) {
  using namespace std::chrono_literals;
  static const clocks all[]{{60s, 0s, 0s, 0s}, {0s, -300s, 1h, -1h}, {-300s, 0s, 0s, 0s}, {0s, 60s, -1h, 2h}};
  return all[number % std::size(all)];
}

struct installation::direct {
  std::string dsn, redis_path;
  std::optional<pqxx::connection> database;
  std::unique_ptr<redisContext, void (*)(redisContext*)> cache{nullptr, ::redisFree};
};

installation::installation(const clocks& ahead)
  : postgres_(with_clock(ahead.postgres)),
    redis_({}, test::skewed_clock(ahead.redis)),
    direct_(std::make_unique<direct>()) {
  ::signal(SIGPIPE, SIG_IGN); // hiredis writes to a Redis that was killed.
  std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755}); // arrakisd leaves root, and must get in.
  const auto dsn = postgres_.dsn();
  direct_->dsn = postgres_.admin_dsn();
  direct_->redis_path = redis_.url().substr(std::string_view{"unix://"}.size());
  taps_.bridge(folder_ / ".s.PGSQL.5432", word_in(dsn, "host") + "/.s.PGSQL.5432", postgres_dialect);
  taps_.bridge(folder_ / "redis.sock", direct_->redis_path, [this] { return redis_dialect(scripts_); });
  const int rest = taps_.bridge([this] { return discord_port_; }, http_dialect);
  const auto through = [&](const std::string& user) {
    return fmt::format("host={} dbname={} user={}", folder_.path(), word_in(dsn, "dbname"), user);
  };
  std::vector<std::string> environment{
    "ARRAKIS_POSTGRES_MODE=external",
    "ARRAKIS_POSTGRES_DSN=" + through("arrakis_app"),
    "ARRAKIS_POSTGRES_RELAY_DSN=" + through("arrakis_relay"),
    "ARRAKIS_REDIS_MODE=external",
    "ARRAKIS_REDIS_URL=unix://" + (folder_ / "redis.sock"),
    fmt::format("ARRAKIS_DISCORD_API_URL=http://127.0.0.1:{}", rest),
    "ARRAKIS_QUEUE_LOCK_MS=2000",
    "ARRAKIS_QUEUE_RENEW_MS=600",
    "ARRAKIS_QUEUE_STALLED_MS=500",
    "NO_SPACE_BELOW=/arrakis/objects/",
    "NO_SPACE_WHILE=" + (folder_ / "full"),
  };
  for (auto& line : test::skewed_clock(ahead.arrakisd, system_test::programs() + "/tests/crash/libno_space.so"))
    environment.push_back(std::move(line));
  stack_.emplace(
    false, std::move(environment), [this](demo::local_stack& stack) { discord_port_ = port_of(stack.discord().url); },
    test::skewed_clock(ahead.discord));
}
installation::~installation() = default;

void installation::arm(point at, fault f) {
  order o;
  o.at = std::move(at);
  const int pid = stack_->stack().arrakis_pid();
  switch (f) {
    case fault::kill_before:
    case fault::kill_after:
    case fault::kill_and_click:
      o.when = f == fault::kill_before ? order::before : order::after;
      o.then = order::drop;
      o.act = [pid] { kill_and_see(pid); };
      break;
    case fault::kill_and_empty:
      o.when = order::after;
      o.then = order::drop;
      o.act = [this, pid] {
        kill_and_see(pid);
        redis_.flush();
      };
      break;
    case fault::lose_answer:
      o.when = order::after;
      o.then = order::drop;
      break;
    case fault::kill_postgres: o.act = [this] { postgres_.kill(); }; break;
    case fault::kill_redis: o.act = [this] { redis_.kill(); }; break;
    case fault::empty_redis: o.act = [this] { redis_.flush(); }; break;
    case fault::disk_full: o.act = [this] { std::ofstream{folder_ / "full"} << "full"; }; break;
  }
  taps_.arm(std::move(o));
}

void installation::mend(fault f) {
  switch (f) {
    case fault::kill_before:
    case fault::kill_after:
    case fault::kill_and_click:
    case fault::kill_and_empty:
      stack_->stack().kill_arrakis(); // The process is dead already; this collects its exit.
      return stack_->stack().start_arrakis();
    case fault::kill_postgres: return postgres_.start();
    case fault::kill_redis: return redis_.start();
    case fault::lose_answer:
    case fault::empty_redis:
    case fault::disk_full: return;
  }
}

void installation::make_room() { std::filesystem::remove(folder_ / "full"); }

void installation::load_scripts() {
  for (const auto& [sha1, text] : scripts_.all())
    redis({"SCRIPT", "LOAD", text});
}

std::vector<std::string> installation::rows(const std::string& query) {
  try {
    if (!direct_->database || !direct_->database->is_open())
      direct_->database.emplace(direct_->dsn);
    std::vector<std::string> out;
    for (const auto& row : pqxx::nontransaction{*direct_->database}.exec(query))
      out.emplace_back(row[0].is_null() ? "" : row[0].c_str());
    return out;
  } catch (const pqxx::broken_connection&) {
    direct_->database.reset();
    return {};
  } catch (const pqxx::sql_error& e) {
    if (!e.sqlstate().empty() && !e.sqlstate().starts_with("57"))
      throw;
    direct_->database.reset(); // The server died or starts.
    return {};
  }
}

std::string installation::sql(const std::string& query) {
  const auto all = rows(query);
  return all.empty() ? "" : all[0];
}

std::vector<std::string> installation::redis(const std::vector<std::string>& words) {
  auto& to = direct_->cache;
  if (!to || to->err)
    to.reset(::redisConnectUnix(direct_->redis_path.c_str()));
  std::vector<const char*> argv;
  std::vector<size_t> lengths;
  for (const auto& word : words) {
    argv.push_back(word.data());
    lengths.push_back(word.size());
  }
  const std::unique_ptr<redisReply, void (*)(void*)> reply{
    static_cast<redisReply*>(::redisCommandArgv(to.get(), static_cast<int>(argv.size()), argv.data(), lengths.data())),
    ::freeReplyObject};
  if (!reply) {
    to.reset();
    return {};
  }
  const auto text = [](const redisReply& r) {
    return r.type == REDIS_REPLY_INTEGER ? std::to_string(r.integer) : r.str ? std::string{r.str, r.len} : "";
  };
  if (reply->type != REDIS_REPLY_ARRAY)
    return {text(*reply)};
  std::vector<std::string> out;
  for (size_t i = 0; i < reply->elements; ++i)
    out.push_back(text(*reply->element[i]));
  return out;
}

} // namespace arrakis::crash
