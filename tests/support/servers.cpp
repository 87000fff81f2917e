#include "tests/support/servers.hpp"

#include "tests/support/scratch.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <netinet/in.h>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace arrakis::test {
namespace {
class unix_socket {
public:
  explicit unix_socket(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~unix_socket() { ::close(fd_); }
  /// Sends inline commands and reads until `count` lines have come; empty when the server is away.
  std::string say(const std::string& commands, size_t count) {
    std::string answer;
    if (!connected_ || ::send(fd_, commands.data(), commands.size(), MSG_NOSIGNAL) < 0)
      return answer;
    char buffer[256];
    for (size_t lines = 0; lines < count;) {
      const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0)
        return {};
      answer.append(buffer, static_cast<size_t>(got));
      lines = static_cast<size_t>(std::count(answer.begin(), answer.end(), '\n'));
    }
    return answer;
  }

private:
  int fd_;
  bool connected_ = false;
};

/// A port that was free a moment ago; redis-server cannot choose one itself.
std::string free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0
                  && ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  ::close(fd);
  if (!bound)
    throw std::runtime_error("no port is free");
  return std::to_string(ntohs(at.sin_port));
}
} // namespace

struct redis_server::impl {
  std::vector<std::string> environment;
  scratch home{"redis"};
  std::vector<std::string> options;
  std::optional<process> child;
};

redis_server::redis_server(std::vector<std::string> options, std::vector<std::string> environment)
  : impl_(std::make_unique<impl>()) {
  impl_->options = std::move(options);
  impl_->environment = std::move(environment);
  start();
}
redis_server::~redis_server() = default;
std::string redis_server::url() const { return "unix://" + (impl_->home / "redis.sock"); }

bool redis_server::is_cluster() { return std::getenv("ARRAKIS_REDIS_CLUSTER") != nullptr; }

namespace {
/// Owns all slots, and says so. Redis takes 2 s after its start until it does.
bool is_whole(const std::string& socket) {
  unix_socket to{socket};
  return to.say("CLUSTER INFO\r\n", 2).find("cluster_state:ok") != std::string::npos;
}
} // namespace

void redis_server::start() {
  const auto& home = impl_->home;
  const bool knows_slots = std::filesystem::exists(home / "nodes.conf");
  // appendfsync no: what was answered is in the kernel's hands, so it survives SIGKILL, and the disk is not waited for.
  std::vector<std::string> argv{"redis-server",
                                "--port",
                                "0",
                                "--unixsocket",
                                home / "redis.sock",
                                "--unixsocketperm",
                                "777",
                                "--dir",
                                home.path(),
                                "--appendonly",
                                "yes",
                                "--appendfsync",
                                "no",
                                "--save",
                                "",
                                "--maxmemory-policy",
                                "noeviction",
                                "--enable-debug-command",
                                "local"};
  if (is_cluster()) // The cluster bus of a Redis always listens on TCP.
    argv.insert(argv.end(), {"--cluster-enabled", "yes", "--bind", "127.0.0.1", "--cluster-port", free_port()});
  argv.insert(argv.end(), impl_->options.begin(), impl_->options.end());
  impl_->child.emplace(
    process_options{.argv = std::move(argv), .env = impl_->environment, .output = home / "redis.log"});
  wait_until(*impl_->child, home / "redis.log", "redis-server",
             [&] { return unix_socket{home / "redis.sock"}.say("PING\r\n", 1) == "+PONG\r\n"; });
  if (!is_cluster())
    return;
  if (!knows_slots)
    unix_socket{home / "redis.sock"}.say("CLUSTER ADDSLOTSRANGE 0 16383\r\n", 1);
  wait_until(*impl_->child, home / "redis.log", "redis-server as a cluster",
             [&] { return is_whole(home / "redis.sock"); });
}

void redis_server::kill() { impl_->child.reset(); }

void redis_server::flush() {
  if (unix_socket{impl_->home / "redis.sock"}.say("FLUSHALL\r\nSCRIPT FLUSH\r\n", 2) != "+OK\r\n+OK\r\n")
    throw std::runtime_error("redis-server did not flush");
}
} // namespace arrakis::test
