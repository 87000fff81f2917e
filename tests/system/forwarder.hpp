#pragma once
// An HTTP proxy between our processes and their clients. It forwards requests round robin over its targets, each after
// a delay of its own, so that they overtake one another.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace arrakis::system_test {

/// A proxy on a free port of 127.0.0.1.
class forwarder {
public:
  forwarder();
  ~forwarder();
  forwarder(const forwarder&) = delete;
  forwarder& operator=(const forwarder&) = delete;
  std::string url() const;
  /// Thread-safe, as everything here. Each request goes to the next of `urls`.
  void to(std::vector<std::string> urls);
  /// A request is held from 0 to `most` before it goes on; its answer is not.
  void delay(std::chrono::milliseconds most);
  /// Requests passed on so far, to the target at `index`.
  int64_t passed(size_t index) const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace arrakis::system_test
