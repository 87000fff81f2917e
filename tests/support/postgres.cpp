#include "adapters/postgres/migrate.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/servers.hpp"

#include <csignal>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <pwd.h>

namespace arrakis::test {
namespace {
using namespace std::chrono_literals;

#ifndef ARRAKIS_POSTGRES_BIN
#define ARRAKIS_POSTGRES_BIN "/usr/lib/postgresql/15/bin" // Debian's place, which is not in PATH.
#endif

void give_away(const std::string& path, const std::string& user) {
  if (::geteuid() != 0)
    return;
  const auto* entry = ::getpwnam(user.c_str());
  if (!entry || ::chown(path.c_str(), entry->pw_uid, entry->pw_gid))
    throw std::runtime_error("cannot give " + path + " to " + user);
}

void run(process_options o) {
  const auto what = o.argv[0];
  const auto log = o.output;
  process child{std::move(o)};
  if (!child.wait(60s) || child.exit_status() != 0)
    throw std::runtime_error(what + " failed:\n" + content(log));
}

bool connects(const std::string& dsn) {
  try {
    return pqxx::connection{dsn}.is_open();
  } catch (const pqxx::broken_connection&) {
    return false;
  }
}

/// Of the cluster below; apart from it, since it may be set before there is one.
std::vector<std::string>& cluster_environment() {
  static std::vector<std::string> lines;
  return lines;
}

/// The one cluster of this test process: made at first use, ended with the process.
class cluster {
public:
  static cluster& get() {
    static cluster one;
    return one;
  }

  std::string dsn(const std::string& database, const std::string& user) const {
    return fmt::format("host={} dbname={} user={}", home_.path(), database, user);
  }

  std::string fresh_database() {
    std::lock_guard lock{mutex_};
    if (!template_) {
      pqxx::nontransaction{connection()}.exec("create database template_arrakis");
      migrate_or_throw("template_arrakis");
      template_ = true;
    }
    auto name = fmt::format("test_{}", ++count_);
    pqxx::nontransaction{connection()}.exec("create database " + name + " template template_arrakis");
    migrate_or_throw(name); // For the rights on the database itself, which no template carries.
    return name;
  }

  void drop(const std::string& name) {
    std::lock_guard lock{mutex_};
    if (server_ && server_->running())
      pqxx::nontransaction{connection()}.exec("drop database if exists " + name + " with (force)");
  }

  void kill() {
    std::lock_guard lock{mutex_};
    connection_.reset();
    // The postmaster and its children at once; one that lived on would still write.
    std::istringstream children{content(fmt::format("/proc/{0}/task/{0}/children", server_->pid()))};
    server_.reset();
    for (int pid = 0; children >> pid;)
      ::kill(pid, SIGKILL);
  }

  void start() {
    std::lock_guard lock{mutex_};
    const auto end = std::chrono::steady_clock::now() + 30s;
    for (;;)
      try {
        return launch();
      } catch (const std::runtime_error&) {
        // The kernel has not yet let go of the shared memory of the children that were killed.
        if (std::chrono::steady_clock::now() > end)
          throw;
      }
  }

  const std::string& user() const { return user_; }

private:
  cluster() {
    give_away(home_.path(), user_);
    run({.argv = {ARRAKIS_POSTGRES_BIN "/initdb", "-D", home_ / "data", "-U", "arrakis_owner", "-A", "trust", "-E",
                  "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
         .user = user_,
         .folder = home_.path(),
         .output = home_ / "initdb.log"});
    launch();
  }
  ~cluster() {
    connection_.reset();
    server_->stop(SIGQUIT, 5s); // Immediate: the folder goes away anyway.
  }

  void launch() {
    // Without fsync only a crash of the machine loses what was committed; synchronous_commit stays on, since otherwise
    // a killed server would lose it too.
    server_.emplace(process_options{.argv = {ARRAKIS_POSTGRES_BIN "/postgres", "-D", home_ / "data", "-k", home_.path(),
                                             "-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off",
                                             "-c", "max_connections=200", "-c", "shared_buffers=32MB", "-c",
                                             "autovacuum=off", "-c", "logging_collector=off"},
                                    .env = cluster_environment(),
                                    .user = user_,
                                    .folder = home_.path(),
                                    .output = home_ / "postgres.log"});
    wait_until(*server_, home_ / "postgres.log", "postgres",
               [&] { return connects(dsn("postgres", "arrakis_owner")); });
  }

  pqxx::connection& connection() {
    if (!connection_ || !connection_->is_open())
      connection_.emplace(dsn("postgres", "arrakis_owner"));
    return *connection_;
  }

  void migrate_or_throw(const std::string& name) {
    if (const auto done = postgres::migrate(dsn(name, "arrakis_owner")); !done)
      throw std::runtime_error("migrate: " + text_of(done.error()));
  }

  scratch home_{"pg"};
  std::string user_ = unprivileged_user();
  std::mutex mutex_;
  std::optional<process> server_;
  std::optional<pqxx::connection> connection_;
  bool template_ = false;
  unsigned count_ = 0;
};

/// PgBouncer in transaction mode with two server connections a database, so that clients share them at once.
class bouncer {
public:
  explicit bouncer(const std::string& server_dsn, const std::string& database) {
    const auto user = cluster::get().user();
    give_away(home_.path(), user);
    std::ofstream{home_ / "users.txt"} << "\"arrakis_app\" \"\"\n\"arrakis_relay\" \"\"\n";
    std::ofstream{home_ / "bouncer.ini"} << "[databases]\n* = " << server_dsn
                                         << "\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n"
                                         << "unix_socket_dir = " << home_.path()
                                         << "\nauth_type = trust\nauth_file = " << (home_ / "users.txt")
                                         << "\npool_mode = transaction\ndefault_pool_size = 2\n"
                                         << "max_client_conn = 200\nserver_round_robin = 0\n";
    child_.emplace(process_options{.argv = {"/usr/sbin/pgbouncer", home_ / "bouncer.ini"},
                                   .user = user,
                                   .folder = home_.path(),
                                   .output = home_ / "bouncer.log"});
    wait_until(*child_, home_ / "bouncer.log", "pgbouncer", [&] { return connects(dsn(database)); });
  }
  std::string dsn(const std::string& database) const {
    return fmt::format("host={} port=6432 dbname={} user=arrakis_app", home_.path(), database);
  }

private:
  scratch home_{"pgb"};
  std::optional<process> child_;
};
} // namespace

struct postgres_server::impl {
  std::string database = cluster::get().fresh_database();
  mutable std::optional<bouncer> pooler;
};

postgres_server::postgres_server() : impl_(std::make_unique<impl>()) {}
postgres_server::~postgres_server() {
  impl_->pooler.reset();
  cluster::get().drop(impl_->database);
}
std::string postgres_server::dsn() const { return cluster::get().dsn(impl_->database, "arrakis_app"); }
std::string postgres_server::relay_dsn() const { return cluster::get().dsn(impl_->database, "arrakis_relay"); }
std::string postgres_server::admin_dsn() const { return cluster::get().dsn(impl_->database, "arrakis_owner"); }
std::string postgres_server::bouncer_dsn() const {
  if (!impl_->pooler)
    impl_->pooler.emplace(dsn(), impl_->database);
  return impl_->pooler->dsn(impl_->database);
}
void postgres_server::kill() { cluster::get().kill(); }
void postgres_server::start() { cluster::get().start(); }
void postgres_server::set_environment(std::vector<std::string> lines) { cluster_environment() = std::move(lines); }
} // namespace arrakis::test
