#include "runtime/net/io.hpp"

#include "runtime/last_resort.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>
#include <future>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

using namespace arrakis;

TEST_CASE("io: a completion that throws asks for the end of the process, and the others go on until then") {
  const auto pid = ::fork(); // The setting applies to the whole process.
  REQUIRE(pid >= 0);
  if (pid == 0) {
    static std::promise<void> asked;
    last_resort::install([] { asked.set_value(); });
    net::io threads;
    std::promise<void> later;
    boost::asio::post(threads.next(), [] { throw std::runtime_error("no memory"); });
    boost::asio::post(threads.next(), [&] { later.set_value(); });
    asked.get_future().wait();
    later.get_future().wait();
    ::_exit(last_resort::gave_up() ? 3 : 4);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 3);
}
