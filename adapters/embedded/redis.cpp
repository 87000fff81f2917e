#include "adapters/embedded/server.hpp"
#include "runtime/error.hpp"
#include "runtime/file.hpp"

#include <stdexcept>
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
  const bool good = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                    ::send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6 && ::recv(fd, answer, sizeof answer, MSG_WAITALL) == 7;
  ::close(fd);
  return good && std::string_view{answer, 5} == "+PONG"; // While it loads its file it answers -LOADING.
}
} // namespace

std::unique_ptr<server> start_redis(const std::string& folder, const std::string& sockets, std::chrono::milliseconds patience) {
  if (auto bad = file::make_folder(folder))
    throw std::runtime_error(text_of(bad));
  const auto socket = sockets + "/redis.sock";
  server_options how;
  how.name = "redis";
  how.patience = patience;
  how.answers = [socket] { return pongs(socket); };
  how.program = {.argv = {"redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", folder,
                          "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction"},
                 .folder = folder, .output = folder + "/redis.log"};
  return std::make_unique<server>(std::move(how));
}
} // namespace arrakis::embedded
