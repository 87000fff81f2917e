#pragma once
// The emulator on its port: Discord's REST below /api, its gateway, what tests do to it below /_sandbox, and the page.
#include "apps/sandbox/control/control.hpp"
#include "apps/sandbox/page/page.hpp"
#include "runtime/net/io.hpp"

namespace arrakis::sandbox {

/// A running emulator.
class server {
public:
  /// Starts to listen. Throws std::runtime_error: the address is in use, or the state cannot be read.
  explicit server(options);
  /// Writes the state, if something changed.
  ~server();
  server(const server&) = delete;
  /// Line for the starting program: {"url", "api", "gateway", "token", ...} as JSON.
  const std::string& ready_line() const { return ready_line_; }
  const std::string& url() const { return core_.url; }
  uint16_t port() const { return http_->port(); }

private:
  std::function<net::admission(const net::http_request& head)> admit();
  void sweep();
  void run_on_io(const std::function<void()>& what);

  net::io io_{1}; // All of it runs on one thread.
  core core_;
  delivery delivery_;
  rest::api rest_;
  control::api control_;
  page::files page_;
  std::string ready_line_;
  std::unique_ptr<net::http_server> http_;
};

} // namespace arrakis::sandbox
