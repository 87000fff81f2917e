#include "bench/support/redis.hpp"

#include "bench/support/figures.hpp"
#include "bench/support/unix_socket.hpp"

#include <fmt/format.h>
#include <future>
#include <thread>

namespace arrakis::bench {
namespace {
using namespace std::chrono_literals;
constexpr auto patience = 320s;
constexpr size_t buffer_bytes = 1 << 18;
constexpr std::string_view end_mark = "arrakis-bench-end";
} // namespace

redis_server::redis_server(net::io& io) {
  const auto log = home_ / "redis.log";
  child_.emplace(process_options{.argv = {"redis-server", "--port", "0", "--unixsocket", socket(), "--unixsocketperm",
                                          "700", "--dir", home_.path(), "--save", "", "--appendonly", "no",
                                          "--maxmemory-policy", "noeviction"},
                                 .output = log});
  client_.emplace(redis::connect(io, link()));
  test::wait_until(*child_, log, "redis-server", [this] { return client_->status().ready; });
}

redis::options redis_server::link() const {
  return {.url = secret{"unix://" + socket()}, .back_off_first = 5ms, .back_off_max = 50ms};
}

redis::reply redis_server::run_on(const redis::link& to, std::vector<std::string> argv) {
  std::promise<caf::expected<redis::reply>> came;
  const auto what = argv.front();
  to.command({std::move(argv), {}, {}, {std::chrono::steady_clock::now() + patience}},
             [&](caf::expected<redis::reply> x) { came.set_value(std::move(x)); });
  auto answer = came.get_future().get();
  if (!answer)
    throw std::runtime_error(what + ": " + text_of(answer.error()));
  return std::move(*answer);
}

double redis_server::replay(const std::string& calls) const {
  const auto link = unix_socket::connect(socket());
  const auto mark = fmt::format("*2\r\n$4\r\nECHO\r\n${}\r\n{}\r\n", end_mark.size(), end_mark);
  const auto answer_to_mark = fmt::format("{}\r\n", end_mark);
  stopwatch watch;
  std::jthread sender{[&] { link.send(calls) && link.send(mark); }};
  std::string buffer(buffer_bytes, '\0'), tail;
  while (!tail.ends_with(answer_to_mark)) {
    const auto got = link.receive(buffer);
    if (got.empty())
      throw std::runtime_error("redis-server closed the connection during a replay");
    tail.append(got.substr(got.size() - std::min(got.size(), answer_to_mark.size())));
    if (tail.size() > answer_to_mark.size())
      tail.erase(0, tail.size() - answer_to_mark.size());
  }
  return watch.seconds();
}
} // namespace arrakis::bench
