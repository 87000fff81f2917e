#include "apps/sandbox/core/timers.hpp"

#include "runtime/net/io.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace arrakis::sandbox {
void after(net::io& io, std::chrono::milliseconds delay, std::function<void()> what) {
  auto timer = std::make_unique<boost::asio::steady_timer>(io.next(), delay);
  auto& waiting = *timer;
  waiting.async_wait([owned = std::move(timer), run = std::move(what)](const boost::system::error_code& error) {
    if (!error)
      run();
  });
}
} // namespace arrakis::sandbox
