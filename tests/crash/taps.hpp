#pragma once
// Proxies between arrakisd and its servers, outside its process. They report every step and inject a fault at one.
#include "tests/crash/wire.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace arrakis::crash {

/// A place in the course of a deployment: the `ordinal`-th time that `step` passes.
struct point {
  std::string step;
  int ordinal = 1;
  std::string text() const; ///< "COMMIT insert outbox #1"
  auto operator<=>(const point&) const = default;
};

/// A fault to inject at a point.
struct order {
  point at;
  enum { before, after } when = before; ///< Before the request goes on; or its answer has come and is not delivered.
  enum { pass, drop } then = pass;      ///< The fate of that request or answer: drop ends the connection.
  /// Done at that moment, on the proxies' thread: nothing passes meanwhile.
  std::function<void()> act;
};

/// The proxies of one installation.
class taps {
public:
  using speaker = std::function<std::unique_ptr<dialect>()>;
  taps();
  ~taps();
  taps(const taps&) = delete;
  taps& operator=(const taps&) = delete;

  /// Connections to the Unix socket `listen` (which is made, open to every user) go on to the Unix socket `server`.
  void bridge(const std::string& listen, const std::string& server, speaker);
  /// Connections to a free port of 127.0.0.1, which is returned, go on to `server()`, a port of 127.0.0.1.
  int bridge(std::function<int()> server, speaker);

  /// Steps are counted from one again, and told by end().
  void begin();
  std::vector<point> end();
  /// begin() with a strike under way. Called once more, it replaces what was ordered.
  void arm(order);
  void disarm();
  bool struck() const;
  /// How often the step passed since begin() or arm().
  int passed(const std::string& step) const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace arrakis::crash
