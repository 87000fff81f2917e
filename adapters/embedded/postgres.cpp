#include "adapters/embedded/server.hpp"
#include "runtime/error.hpp"
#include "runtime/file.hpp"

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <pqxx/pqxx>

namespace arrakis::embedded {
namespace fs = std::filesystem;
namespace {

/// Debian's place for the version that this build is made for; PATH has only the client there.
constexpr auto programs = "/usr/lib/postgresql/15/bin";

void make_cluster(const std::string& folder, const std::string& data) {
  // initdb writes into a folder of its own, which takes the name `data` when it is whole: a crash half-way leaves no ruin.
  const auto fresh = data + ".new";
  fs::remove_all(fresh);
  process init{{.argv = {fmt::format("{}/initdb", programs), "-D", fresh, "-U", "arrakis_owner", "-A", "trust", "-E", "UTF8",
                         "--locale=C.UTF-8", "--no-instructions"},
                .folder = folder, .output = folder + "/initdb.log"}};
  if (!init.wait(std::chrono::seconds{120}) || init.exit_status() != 0)
    throw std::runtime_error(fmt::format("initdb failed; see {}/initdb.log", folder));
  fs::rename(fresh, data);
}

/// Nothing when the server does not answer (yet).
std::optional<bool> has_database(const std::string& owner) {
  try {
    pqxx::connection link{owner};
    pqxx::nontransaction tx{link};
    return !tx.exec("select from pg_database where datname = 'arrakis'").empty();
  } catch (const pqxx::broken_connection&) {
    return std::nullopt;
  }
}
} // namespace

std::unique_ptr<server> start_postgres(const std::string& folder, const std::string& sockets, std::chrono::milliseconds patience) {
  if (auto bad = file::make_folder(folder))
    throw std::runtime_error(text_of(bad));
  const auto data = folder + "/data";
  if (!fs::exists(data))
    make_cluster(folder, data);
  const auto owner = fmt::format("host={} dbname=postgres user=arrakis_owner", sockets);
  server_options how;
  how.name = "postgres";
  how.end_signal = SIGINT;
  how.patience = patience;
  how.answers = [owner] { return has_database(owner).has_value(); };
  // Whoever may enter the socket folder (0700, ours alone) is trusted; there is no TCP port.
  how.program = {.argv = {fmt::format("{}/postgres", programs), "-D", data, "-k", sockets, "-c", "listen_addresses=", "-c",
                          "unix_socket_permissions=0700", "-c", "max_connections=100", "-c", "shared_buffers=64MB", "-c",
                          "logging_collector=off", "-c", "log_timezone=UTC", "-c", "timezone=UTC"},
                 .folder = folder, .output = folder + "/postgres.log"};
  auto running = std::make_unique<server>(std::move(how));
  if (!has_database(owner).value_or(true)) {
    pqxx::connection link{owner};
    pqxx::nontransaction{link}.exec("create database arrakis");
  }
  return running;
}
} // namespace arrakis::embedded
