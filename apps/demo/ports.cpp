#include "apps/demo/ports.hpp"

#include "runtime/file.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"

#include <arpa/inet.h>
#include <boost/json/object.hpp>
#include <charconv>
#include <sys/socket.h>
#include <unistd.h>

namespace arrakis::demo {
namespace {
constexpr int64_t port_max = 65'535;

bool is_free(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int reuse = 1; // As servers do: connections of the last run may still be closing.
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  ::close(fd);
  return free;
}
} // namespace

kept_ports::kept_ports(std::string file) : file_(std::move(file)) {
  const auto text = file::read(file_, 4096);
  const auto parsed = text ? json::parse(*text) : text.error();
  if (!parsed || !parsed->is_object())
    return;
  for (const auto& [name, value] : parsed->get_object())
    if (value.is_int64() && value.get_int64() > 0 && value.get_int64() <= port_max)
      known_[name] = static_cast<uint16_t>(value.get_int64());
}

uint16_t kept_ports::find(const std::string& name) const {
  const auto known = known_.find(name);
  return known != known_.end() && is_free(known->second) ? known->second : uint16_t{0};
}

bool kept_ports::is_lost(const std::string& name) const { return known_.contains(name) && find(name) == 0; }

void kept_ports::keep(const std::string& name, uint16_t port) {
  if (port == 0 || known_[name] == port)
    return;
  known_[name] = port;
  boost::json::object all;
  for (const auto& [each, number] : known_)
    all[each] = static_cast<int64_t>(number);
  if (const auto bad = file::replace(file_, json::print(all) + "\n"))
    log::warn("demo.ports_not_kept", {{"error", text_of(bad)}});
}

uint16_t port_of(const std::string& url) {
  uint16_t port = 0;
  const auto colon = url.rfind(':');
  const auto* begin = url.data() + (colon == std::string::npos ? url.size() : colon + 1);
  const auto [end, failed] = std::from_chars(begin, url.data() + url.size(), port);
  return failed == std::errc{} && end == url.data() + url.size() ? port : uint16_t{0};
}
} // namespace arrakis::demo
