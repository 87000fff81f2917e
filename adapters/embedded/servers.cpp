#include "adapters/embedded/servers.hpp"

#include "adapters/embedded/child.hpp"
#include "adapters/embedded/folder.hpp"
#include "adapters/postgres/migrate.hpp"

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <pqxx/pqxx>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace arrakis::embedded {
namespace fs = std::filesystem;
namespace {
using namespace std::chrono_literals;

constexpr const char* postgres_version = "15"; // The first line of PG_VERSION.
constexpr const char* owner = "arrakis_owner";
constexpr const char* database = "arrakis";
constexpr auto abandoned_limit = 10s;          // Backends notice the death of their postmaster within a second or so.
// sun_path has 108 bytes with its end; ".s.PGSQL.5432.lock" is the longest name in the folder of sockets.
constexpr size_t socket_folder_max = 107 - sizeof "/.s.PGSQL.5432.lock";

struct places {
  std::string folder, run, postgres, redis, user;
  std::string data() const { return postgres + "/data"; }
  std::string redis_socket() const { return run + "/redis.sock"; }
  std::string dsn(const char* role, const char* name) const { return fmt::format("host={} dbname={} user={}", run, name, role); }
};

/// Where the sockets are: in the folder, or, when its path is too long for a socket, in one of its own under /tmp.
std::string socket_folder(const std::string& folder, const std::string& user) {
  auto run = folder + "/run";
  if (run.size() > socket_folder_max) {
    std::string name = "/tmp/arrakis-XXXXXX";
    if (!::mkdtemp(name.data()))
      stop_with(ec::refused, "no folder for sockets can be made under /tmp");
    run = name;
  }
  make_private(run, user);
  for (const auto& old : fs::directory_iterator(run)) // Sockets of an earlier run; nobody listens: we hold the lock.
    fs::remove_all(old.path());
  return run;
}

places lay_out(const options& o) {
  places p;
  p.user = o.user.empty() ? unprivileged_user() : o.user;
  p.folder = fs::absolute(o.folder).lexically_normal().string();
  if (p.folder.ends_with('/'))
    p.folder.pop_back();
  make_private(p.folder, p.user);
  check_reachable(p.folder, p.user);
  p.postgres = p.folder + "/postgres";
  p.redis = p.folder + "/redis";
  return p;
}

void refuse_if_in_use(const std::string& folder) {
  if (const auto pid = wait_until_abandoned(folder, abandoned_limit))
    stop_with(ec::conflict, fmt::format("process {} still works in {}: end it first", *pid, folder));
}

bool postgres_answers(const std::string& dsn) {
  try {
    return pqxx::connection{dsn + " connect_timeout=2"}.is_open();
  } catch (const std::exception&) {
    return false;
  }
}

bool redis_answers(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{2, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  char answer[8] = {};
  const bool yes = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0
                   && ::send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && ::recv(fd, answer, 7, MSG_WAITALL) == 7
                   && std::string_view{answer, 7} == "+PONG\r\n"; // "-LOADING" while it reads its file.
  ::close(fd);
  return yes;
}

/// Made beside its place and moved there whole, so that a crash leaves no half of a cluster.
void make_cluster(const places& p, const options& o) {
  const auto fresh = p.postgres + "/data.new";
  const auto log = p.postgres + "/initdb.log";
  fs::remove_all(fresh);
  process initdb{{.argv = {o.postgres_bin + "/initdb", "-D", fresh, "-U", owner, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                           "--data-checksums", "--no-instructions"},
                  .user = p.user, .folder = p.postgres, .output = log}};
  if (!initdb.wait(120s) || initdb.exit_status() != 0)
    stop_with(ec::unavailable, "initdb failed:\n" + tail(log));
  fs::rename(fresh, p.data());
}

void check_version(const places& p) {
  std::string version;
  std::getline(std::ifstream{p.data() + "/PG_VERSION"}, version);
  if (version != postgres_version)
    stop_with(ec::unsupported, fmt::format("{} is of PostgreSQL {}; this build runs {}: move the data with pg_dump", p.data(), version,
                                           postgres_version));
}

recipe postgres_recipe(const places& p, const options& o) {
  // Trust is safe here: nobody but the children's user and root gets through the 0700 folder of the socket.
  return {.name = "postgres",
          .program = {.argv = {o.postgres_bin + "/postgres", "-D", p.data(), "-c", "listen_addresses=", "-c",
                               "unix_socket_directories=" + p.run, "-c", "unix_socket_permissions=0700", "-c",
                               "max_connections=100", "-c", "logging_collector=off", "-c", "log_timezone=UTC"},
                      .user = p.user, .folder = p.data(), .output = p.postgres + "/postgres.log"},
          .prepare =
            [p] {
              refuse_if_in_use(p.data());
              // PostgreSQL would refuse to start if another program has got the number in it by now.
              fs::remove(p.data() + "/postmaster.pid");
              fs::remove(p.run + "/.s.PGSQL.5432.lock");
            },
          .answers = [dsn = p.dsn(owner, "postgres")] { return postgres_answers(dsn); },
          .stop_signal = SIGINT}; // "Fast": ends sessions, writes a checkpoint.
}

recipe redis_recipe(const places& p, const options& o) {
  return {.name = "redis",
          .program = {.argv = {o.redis_server, "--port", "0", "--unixsocket", p.redis_socket(), "--unixsocketperm", "700", "--dir",
                               p.redis, "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy",
                               "noeviction"},
                      .user = p.user, .folder = p.redis, .output = p.redis + "/redis.log"},
          .prepare = [p] { refuse_if_in_use(p.redis); },
          .answers = [path = p.redis_socket()] { return redis_answers(path); },
          .stop_signal = SIGTERM};
}

void make_database(const places& p) {
  try {
    pqxx::connection db{p.dsn(owner, "postgres")};
    pqxx::nontransaction tx{db};
    if (tx.exec_params("select 1 from pg_database where datname = $1", database).empty())
      tx.exec(std::string{"create database "} + database);
  } catch (const std::exception& e) {
    stop_with(ec::unavailable, e.what());
  }
  if (const auto done = postgres::migrate(p.dsn(owner, database)); !done)
    throw stopped{done.error()};
}
} // namespace

struct servers::impl {
  places where;
  folder_lock lock;
  std::optional<child> postgres, redis; // Ended in reverse.

  explicit impl(const options& o) : where(lay_out(o)), lock(where.folder + "/lock") {
    where.run = socket_folder(where.folder, where.user);
    make_private(where.postgres, where.user);
    make_private(where.redis, where.user);
    if (!fs::exists(where.data()))
      make_cluster(where, o);
    check_version(where);
    postgres.emplace(postgres_recipe(where, o));
    redis.emplace(redis_recipe(where, o));
    make_database(where);
  }
  ~impl() {
    redis.reset();
    postgres.reset();
    if (!where.run.starts_with(where.folder)) {
      std::error_code ignored;
      fs::remove_all(where.run, ignored);
    }
  }
};

servers::servers(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
servers::~servers() = default;
std::string servers::dsn() const { return impl_->where.dsn("arrakis_app", database); }
std::string servers::relay_dsn() const { return impl_->where.dsn("arrakis_relay", database); }
std::string servers::owner_dsn() const { return impl_->where.dsn(owner, database); }
std::string servers::redis_url() const { return "unix://" + impl_->where.redis_socket(); }
int servers::postgres_pid() const { return impl_->postgres->pid(); }
int servers::redis_pid() const { return impl_->redis->pid(); }

caf::expected<std::unique_ptr<servers>> start(options o) {
  try {
    return std::unique_ptr<servers>{new servers{std::make_unique<servers::impl>(o)}};
  } catch (const stopped& s) {
    return s.why;
  } catch (const std::exception& e) {
    return fail(ec::refused, e.what());
  }
}
} // namespace arrakis::embedded
