#include "adapters/embedded/child.hpp"
#include "adapters/embedded/folder.hpp"

#include <csignal>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace arrakis::embedded {
namespace {
bool pongs(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const timeval patience{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  char answer[7] = {};
  const bool good = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0
                 && ::send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && ::recv(fd, answer, sizeof answer, MSG_WAITALL) == 7;
  ::close(fd);
  return good && std::string_view{answer, 5} == "+PONG"; // While it loads its file it answers -LOADING.
}
} // namespace

recipe redis_recipe(const std::string& folder, const std::string& sockets) {
  make_private(folder);
  const auto socket = sockets + "/redis.sock";
  recipe r;
  r.name = "redis";
  r.stop_signal = SIGTERM;
  r.answers = [socket] { return pongs(socket); };
  r.prepare = [folder] { wait_until_abandoned(folder); };
  r.program = {.argv = {"redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir",
                        folder, "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy",
                        "noeviction"},
               .env = server_environment(folder),
               .folder = folder,
               .output = folder + "/redis.log",
               .inherits = false};
  return r;
}
} // namespace arrakis::embedded
