#pragma once
// Proxy between a client and its Redis that records the sent bytes, so that the same calls can be replayed to Redis
// without the client (redis_server::replay).
#include "bench/support/unix_socket.hpp"

#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace arrakis::bench {

/// A proxy for one Unix socket that records all sent bytes.
class recorder {
public:
  /// Listens on `at` and connects each caller to `to`.
  recorder(const std::string& at, std::string to);
  ~recorder();
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;
  /// The bytes of the connection that sent the most. Call it after the client has ended.
  std::string longest();

private:
  struct line {
    unix_socket client, server;
    std::string sent;
    std::jthread up, down;
  };
  void serve();

  std::string to_;
  unix_socket listener_;
  std::mutex guard_;
  std::list<line> lines_;
  std::jthread acceptor_;
};
} // namespace arrakis::bench
