#pragma once
// A gateway for one client at a time that sends a recording as fast as the client takes it.
#include "bench/support/gateway_recording.hpp"

#include <atomic>
#include <thread>

namespace arrakis::bench {
/// A WebSocket server that sends one recording to each client.
class gateway_blaster {
public:
  /// Serves clients from the core `cpu`; `what` outlives the server. Throws std::runtime_error without a port.
  gateway_blaster(const gateway_recording& what, int cpu);
  ~gateway_blaster();
  gateway_blaster(const gateway_blaster&) = delete;
  uint16_t port() const { return port_; }
  /// CPU of the server in µs, to check that it did not limit the client.
  double cpu_us() const { return cpu_us_; }

private:
  void serve();
  void talk(int fd);
  const gateway_recording& what_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<int> client_{-1};
  std::atomic<bool> ending_{false};
  std::atomic<double> cpu_us_{0};
  std::thread thread_;
};

/// The last usable core, for the server; the client runs on the first one.
int last_cpu();
/// Pins this thread to `cpu`.
void pin(int cpu);
} // namespace arrakis::bench
