#pragma once
#include <memory>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace arrakis::net {
/// The io threads: one io_context each. Completion handlers run there and must be short: send a message to an actor.
class io {
public:
  explicit io(unsigned threads = 1);
  ~io(); ///< Stops and joins.
  io(const io&) = delete;
  io& operator=(const io&) = delete;
  /// Round robin over the contexts.
  boost::asio::io_context& next();
  std::vector<boost::asio::io_context*> all();
  void stop();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};
} // namespace arrakis::net
