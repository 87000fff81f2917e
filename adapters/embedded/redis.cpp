#include "adapters/embedded/child.hpp"
#include "adapters/embedded/folder.hpp"
#include "runtime/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace arrakis::embedded {
namespace fs = std::filesystem;
namespace {
/// While it loads its file it answers -LOADING.
std::string why_not_ready(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const timeval patience{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, 64> answer{};
  ssize_t got = -1;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0
      && ::send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6)
    got = ::recv(fd, answer.data(), answer.size(), 0);
  const int why = errno;
  ::close(fd);
  if (got < 0)
    return path + ": " + std::generic_category().message(why);
  const std::string_view text{answer.data(), static_cast<size_t>(got)};
  return text.starts_with("+PONG") ? "" : "it answers " + std::string{text.substr(0, text.find('\r'))};
}

/// Messages of redis-server 7.0 about unreadable data, before it exits (aof.c, rdb.c).
constexpr std::string_view damages[]{"reading the append only file",
                                     "AOF MANIFEST FILE ERROR",
                                     "AOF manifest failed",
                                     "the AOF manifest file",
                                     "AOF loading aborted",
                                     "AOF file",
                                     "reading the RDB",
                                     "loading the AOF",
                                     "error in RDB reading",
                                     "RDB file reading failure",
                                     "signature trying to load DB"};

/// Starts with empty data, because PostgreSQL can restore all of Redis' content; keeps the old files once.
bool set_aside(const std::string& folder, const std::string& said) {
  const auto data = folder + "/appendonlydir", kept = folder + "/appendonlydir.damaged";
  const bool damaged = std::ranges::any_of(damages, [&](auto text) { return said.find(text) != std::string::npos; });
  std::error_code failed;
  if (!damaged || !fs::exists(data, failed))
    return false;
  fs::remove_all(kept, failed);
  fs::rename(data, kept, failed);
  if (failed)
    return false;
  log::warn("embedded.data_set_aside", {{"server", "redis"}, {"kept", kept}, {"error", said}});
  return true;
}
} // namespace

recipe redis_recipe(const std::string& folder, const std::string& sockets) {
  make_private(folder);
  const auto socket = sockets + "/redis.sock";
  recipe r;
  r.name = "redis";
  r.stop_signal = SIGTERM;
  r.why_not_ready = [socket] { return why_not_ready(socket); };
  r.repair = [folder](const std::string& log) { return set_aside(folder, log); };
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
