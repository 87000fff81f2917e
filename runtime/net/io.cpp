#include "runtime/net/io.hpp"

#include "runtime/last_resort.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <openssl/crypto.h>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

namespace arrakis::net {
namespace asio = boost::asio;

namespace {
// Threads may still run when the process ends, so OpenSSL must not free its tables at exit. The first use of OpenSSL
// decides this for the whole process, so it is set before main.
[[maybe_unused]] const int openssl_stays_whole = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);

struct closable_context : asio::io_context {
  using asio::io_context::io_context;
  using asio::io_context::shutdown;
};

/// Ends the process in order when a completion throws, most likely without memory; the others go on until then.
void run(asio::io_context& context) {
  for (bool over = false; !over;)
    try {
      context.run();
      over = true;
    } catch (const std::exception& e) {
      last_resort::give_up(e.what());
    }
}
} // namespace

struct io::impl {
  // One thread for each context: completions of a socket never run concurrently and need no lock.
  struct io_thread {
    closable_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    std::thread thread;
  };
  std::vector<std::unique_ptr<io_thread>> threads;
  std::atomic<size_t> turn{0};
};

io::io(unsigned threads) : impl_(std::make_unique<impl>()) {
  try {
    for (unsigned i = 0; i < std::max(threads, 1u); ++i) {
      auto& each = *impl_->threads.emplace_back(std::make_unique<impl::io_thread>());
      each.thread = std::thread{[&each] { run(each.context); }};
    }
  } catch (const std::system_error& e) {
    stop(); // A started thread must end before its object is destroyed.
    throw std::runtime_error{"the system gives no thread for sockets: " + e.code().message()
                             + "; raise the limit of threads or lower runtime.io_threads"};
  }
}

io::~io() {
  stop();
  // A handler in one context may own a socket of another, so all contexts shut down before the first is destroyed.
  for (auto& each : impl_->threads)
    each->context.shutdown();
}

asio::io_context& io::next() { return impl_->threads[impl_->turn++ % impl_->threads.size()]->context; }

std::vector<asio::io_context*> io::all() {
  std::vector<asio::io_context*> contexts;
  for (auto& each : impl_->threads)
    contexts.push_back(&each->context);
  return contexts;
}

void io::stop() {
  for (auto& each : impl_->threads)
    each->context.stop();
  for (auto& each : impl_->threads)
    if (each->thread.joinable())
      each->thread.join();
}
} // namespace arrakis::net
