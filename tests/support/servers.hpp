#pragma once
// Real servers for tests: each a private copy in a temporary folder, on Unix sockets, ended with the object.
#include <memory>
#include <string>
#include <vector>

namespace arrakis::test {

/// A private redis-server.
class redis_server {
public:
  /// `options`: further arguments of redis-server; `environment`: "NAME=value". Both also when it is started again.
  explicit redis_server(std::vector<std::string> options = {}, std::vector<std::string> environment = {});
  ~redis_server();
  std::string url() const; ///< unix:///tmp/.../redis.sock
  void kill();             ///< SIGKILL; data of the append-only file stays.
  void start();            ///< Starts again on the same folder and socket.
  void flush();            ///< FLUSHALL and SCRIPT FLUSH.
  /// True if the servers of this process are clusters of one that own all 16,384 slots (ARRAKIS_REDIS_CLUSTER is set):
  /// commands across slots are refused (CROSSSLOT), and there is one database and no replica.
  static bool is_cluster();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// PostgreSQL 15, migrated; one cluster per process, a fresh database per object (from a template).
class postgres_server {
public:
  postgres_server();
  ~postgres_server();
  std::string dsn() const;         ///< As arrakis_app.
  std::string relay_dsn() const;   ///< As arrakis_relay.
  std::string admin_dsn() const;   ///< As the owner (direct; migrations and set-up of tests only).
  std::string bouncer_dsn() const; ///< As arrakis_app through PgBouncer in transaction mode, started on first use.
  void kill();
  void start();
  /// For the cluster, from its next start on (the first, or one after a kill).
  static void set_environment(std::vector<std::string>);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};
} // namespace arrakis::test
