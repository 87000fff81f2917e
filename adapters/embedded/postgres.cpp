#include "adapters/embedded/child.hpp"
#include "adapters/embedded/folder.hpp"

#include <array>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <pqxx/pqxx>
#include <pwd.h>
#include <stdexcept>
#include <unistd.h>

namespace arrakis::embedded {
namespace fs = std::filesystem;
namespace {

/// Debian's place for the version that this build is made for; PATH has only the client there.
constexpr auto programs = "/usr/lib/postgresql/15/bin";
constexpr auto version = "15"; // The first line of PG_VERSION.

std::string owner_dsn(const std::string& sockets) {
  return dsn_over(sockets, "postgres", "arrakis_owner") + " connect_timeout=2";
}

/// Runs initdb in a temporary folder, which is renamed to `data` when it is complete: a crash leaves no partial
/// cluster.
void make_cluster(const std::string& folder, const std::string& data) {
  const auto fresh = data + ".new";
  fs::remove_all(fresh);
  process initdb{{.argv = {fmt::format("{}/initdb", programs), "-D", fresh, "-U", "arrakis_owner", "-A", "trust", "-E",
                           "UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions"},
                  .env = server_environment(folder),
                  .folder = folder,
                  .output = folder + "/initdb.log",
                  .inherits = false}};
  if (!initdb.wait(std::chrono::seconds{120}) || initdb.exit_status() != 0)
    throw std::runtime_error("initdb failed; the end of its log:\n" + tail(folder + "/initdb.log"));
  fs::rename(fresh, data);
}

void check_version(const std::string& data) {
  std::string found;
  std::ifstream file{data + "/PG_VERSION"};
  std::getline(file, found);
  if (found != version)
    throw std::runtime_error(fmt::format(
      "{} is of PostgreSQL '{}', this build runs {}; bring the data over with pg_dump", data, found, version));
}

std::string why_not_ready(const std::string& dsn) {
  try {
    return pqxx::connection{dsn}.is_open() ? "" : "it lets nobody in";
  } catch (const std::exception& e) {
    const std::string text = e.what();
    return text.empty() ? "no connection" : text.substr(0, text.find_last_not_of('\n') + 1);
  }
}

/// As PostgreSQL reads a list of folders: in quotes, so that blanks and quotes in it belong to it.
std::string one_of_list(const std::string& folder) {
  std::string out = "\"";
  for (const char c : folder)
    out += c == '"' ? std::string{"\"\""} : std::string{c};
  return out + "\"";
}

/// initdb looks up the name of its user even when the owner's name is given; the server does not.
void require_name_of_user() {
  if (user_name().empty())
    throw std::runtime_error(fmt::format("user {0} has no name, and PostgreSQL's initdb makes no data without one; add "
                                         "it (arrakis:x:{0}:{1}::/:/usr/sbin/nologin in /etc/passwd), run as a user "
                                         "that has one, or use a server of your own (postgres.mode = external)",
                                         ::geteuid(), ::getegid()));
}
} // namespace

std::string user_name() {
  passwd entry{}, *found = nullptr;
  std::array<char, 16 * 1024> buffer{};
  const bool known = ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return known ? entry.pw_name : "";
}

std::string dsn_value(const std::string& text) {
  if (!text.empty() && text.find_first_of(" \t'\\") == std::string::npos)
    return text;
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "'";
}

std::string dsn_over(const std::string& sockets, const std::string& database, const std::string& user) {
  return fmt::format("host={} hostaddr='' port=5432 dbname={} user={} sslmode=disable gssencmode=disable "
                     "channel_binding=disable target_session_attrs=any client_encoding=UTF8",
                     dsn_value(sockets), database, user);
}

recipe postgres_recipe(const std::string& folder, const std::string& sockets) {
  make_private(folder);
  const auto data = folder + "/data";
  if (!fs::exists(data)) {
    require_name_of_user();
    make_cluster(folder, data);
  }
  check_version(data);
  recipe r;
  r.name = "postgres";
  r.stop_signal = SIGINT; // "Fast": ends sessions and writes a checkpoint.
  r.why_not_ready = [dsn = owner_dsn(sockets)] { return why_not_ready(dsn); };
  r.prepare = [data, sockets] {
    wait_until_abandoned(data);
    // PostgreSQL would not start if another program had got the number in one of these by now.
    fs::remove(data + "/postmaster.pid");
    fs::remove(sockets + "/.s.PGSQL.5432.lock");
  };
  // Access is by the socket folder (0700, own user), so local connections are trusted; there is no TCP port.
  r.program = {.argv = {fmt::format("{}/postgres", programs),
                        "-D",
                        data,
                        "-k",
                        one_of_list(sockets),
                        "-p",
                        "5432",
                        "-c",
                        "listen_addresses=",
                        "-c",
                        "unix_socket_permissions=0700",
                        "-c",
                        "max_connections=100",
                        "-c",
                        "shared_buffers=64MB",
                        "-c",
                        "logging_collector=off",
                        "-c",
                        "log_timezone=UTC",
                        "-c",
                        "timezone=UTC"},
               .env = server_environment(folder),
               .folder = data,
               .output = folder + "/postgres.log",
               .inherits = false};
  return r;
}

void make_database(const std::string& sockets) {
  pqxx::connection db{owner_dsn(sockets)};
  pqxx::nontransaction tx{db};
  if (tx.exec("select from pg_database where datname = 'arrakis'").empty())
    tx.exec("create database arrakis");
}
} // namespace arrakis::embedded
