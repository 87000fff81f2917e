#include "tests/crash/taps.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <deque>
#include <fcntl.h>
#include <fmt/format.h>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace arrakis::crash {
namespace {
sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::runtime_error("too long for a socket: " + path);
  path.copy(address.sun_path, path.size());
  return address;
}
sockaddr_in local_address(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A socket that connect() or bind() is tried on; -1 when that fails.
template <class Address, class How>
int opened(int family, const Address& address, How how) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (how(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return -1;
  }
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  const int on = 1;
  if (family == AF_INET)
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/// Bytes on their way to one side; sent as far as the socket takes them.
struct outgoing {
  std::string bytes;
  bool send(int fd) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
      bytes.erase(0, static_cast<size_t>(sent));
    }
    return true;
  }
};

/// Reads all there is; false at the end of the stream.
bool drain(int fd, std::string& into) {
  char buffer[16384];
  for (;;) {
    const auto got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got > 0)
      into.append(buffer, static_cast<size_t>(got));
    else
      return got < 0 && (errno == EAGAIN || errno == EINTR);
  }
}

struct listener {
  int fd;
  std::function<int()> dial;
  taps::speaker speak;
};

struct connection {
  int client = -1, server = -1;
  std::unique_ptr<dialect> speech;
  std::string from_client, from_server;
  outgoing to_server, to_client;
  std::deque<bool> open; ///< Requests without an answer; true: the one to strike at.
  bool waits = false;    ///< For that answer: nothing more goes on.
  bool client_ended = false, server_ended = false;
  bool over = false;
  connection(int c, int s, std::unique_ptr<dialect> d) : client(c), server(s), speech(std::move(d)) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() {
    ::close(client);
    ::close(server);
  }
};
} // namespace

std::string point::text() const { return fmt::format("{} #{}", step, ordinal); }

struct taps::impl {
  std::mutex guard; ///< Of everything below but the connections, which the thread alone touches.
  std::list<listener> listeners;
  std::map<std::string, int> counts;
  std::vector<point> seen;
  std::optional<order> ordered;
  std::atomic<bool> struck{false};
  std::atomic<bool> ending{false};

  std::list<connection> connections;
  int wake = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::thread thread{[this] { loop(); }};

  void nudge() { ::eventfd_write(wake, 1); }

  void add(listener l) {
    ::listen(l.fd, 128);
    const std::scoped_lock lock{guard};
    listeners.push_back(std::move(l));
    nudge();
  }

  /// Counts a step; the order when it is the one to strike at.
  std::optional<order> count(const std::string& step) {
    const std::scoped_lock lock{guard};
    const point at{step, ++counts[step]};
    seen.push_back(at);
    if (struck || !ordered || ordered->at != at)
      return std::nullopt;
    return ordered;
  }

  void strike(connection& c, const order& o) {
    if (o.act)
      o.act();
    c.over |= o.then == order::drop;
    struck = true;
  }

  void pass_requests(connection& c) {
    while (!c.over && !c.waits) {
      const auto next = c.speech->next_request(c.from_client);
      if (next.bytes == 0)
        return;
      bool marked = false;
      if (!next.step.empty())
        if (const auto o = count(next.step)) {
          if (o->when == order::before)
            strike(c, *o);
          else
            marked = c.waits = true;
          if (c.over)
            return;
        }
      if (next.answered)
        c.open.push_back(marked);
      c.to_server.bytes += c.from_client.substr(0, next.bytes);
      c.from_client.erase(0, next.bytes);
    }
  }

  void pass_answers(connection& c) {
    while (!c.over) {
      const auto length = c.speech->next_answer(c.from_server);
      if (length == 0)
        break;
      const bool marked = !c.open.empty() && c.open.front();
      if (!c.open.empty())
        c.open.pop_front();
      if (marked) {
        std::optional<order> o;
        {
          const std::scoped_lock lock{guard};
          o = ordered;
        }
        c.waits = false;
        if (o)
          strike(c, *o);
        if (c.over)
          return;
      }
      c.to_client.bytes += c.from_server.substr(0, length);
      c.from_server.erase(0, length);
    }
    if (c.server_ended) // The last message of the server, an error as a rule.
      c.to_client.bytes += std::exchange(c.from_server, {});
  }

  void serve(connection& c, short client_events, short server_events) {
    if (client_events & (POLLIN | POLLHUP | POLLERR))
      c.client_ended |= !drain(c.client, c.from_client);
    if (server_events & (POLLIN | POLLHUP | POLLERR))
      c.server_ended |= !drain(c.server, c.from_server);
    pass_answers(c);
    pass_requests(c);
    if (c.over)
      return;
    c.over |= !c.to_server.send(c.server) || !c.to_client.send(c.client);
    // A client that leaves does not cancel the request whose answer is to be dropped: its effect is on the way.
    c.over |= c.client_ended && c.to_server.bytes.empty() && !c.waits;
    c.over |= c.server_ended && c.to_client.bytes.empty();
  }

  void accept_all(const listener& l) {
    for (;;) {
      const int client = ::accept4(l.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client < 0)
        return;
      const int server = l.dial();
      if (server < 0)
        ::close(client);
      else
        connections.emplace_back(client, server, l.speak());
    }
  }

  void loop() {
    std::vector<pollfd> all;
    while (!ending) {
      all.clear();
      all.push_back({wake, POLLIN, 0});
      std::vector<listener> at;
      {
        const std::scoped_lock lock{guard};
        at.assign(listeners.begin(), listeners.end());
      }
      for (const auto& l : at)
        all.push_back({l.fd, POLLIN, 0});
      const auto first = all.size();
      for (const auto& c : connections) {
        const auto asked = [](const outgoing& to) {
          return static_cast<short>(POLLIN | (to.bytes.empty() ? 0 : POLLOUT));
        };
        all.push_back({c.client_ended ? -1 : c.client, asked(c.to_client), 0});
        all.push_back({c.server_ended ? -1 : c.server, asked(c.to_server), 0});
      }
      if (::poll(all.data(), all.size(), -1) < 0)
        continue;
      eventfd_t ignored = 0;
      ::eventfd_read(wake, &ignored);
      size_t index = first;
      for (auto& c : connections) {
        const auto client = all[index++].revents, server = all[index++].revents;
        if (client || server)
          serve(c, client, server);
      }
      std::erase_if(connections, [](const connection& c) { return c.over; });
      for (size_t i = 0; i < at.size(); ++i)
        if (all[1 + i].revents)
          accept_all(at[i]);
    }
  }
};

taps::taps() : impl_(std::make_unique<impl>()) {}
taps::~taps() {
  impl_->ending = true;
  impl_->nudge();
  impl_->thread.join();
  for (const auto& l : impl_->listeners)
    ::close(l.fd);
  ::close(impl_->wake);
}

void taps::bridge(const std::string& listen, const std::string& server, speaker speak) {
  const int fd = opened(AF_UNIX, unix_address(listen), ::bind);
  if (fd < 0 || ::chmod(listen.c_str(), 0777) != 0)
    throw std::runtime_error("cannot listen on " + listen);
  impl_->add({fd, [server] { return opened(AF_UNIX, unix_address(server), ::connect); }, std::move(speak)});
}

int taps::bridge(std::function<int()> server, speaker speak) {
  const int fd = opened(AF_INET, local_address(0), ::bind);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  if (fd < 0 || ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    throw std::runtime_error("cannot listen on 127.0.0.1");
  impl_->add({fd, [server = std::move(server)] { return opened(AF_INET, local_address(server()), ::connect); },
              std::move(speak)});
  return ntohs(bound.sin_port);
}

void taps::begin() {
  const std::scoped_lock lock{impl_->guard};
  impl_->counts.clear();
  impl_->seen.clear();
  impl_->ordered.reset();
  impl_->struck = false;
}

std::vector<point> taps::end() {
  const std::scoped_lock lock{impl_->guard};
  impl_->ordered.reset();
  return std::exchange(impl_->seen, {});
}

void taps::arm(order o) {
  begin();
  const std::scoped_lock lock{impl_->guard};
  impl_->ordered = std::move(o);
}

void taps::disarm() {
  const std::scoped_lock lock{impl_->guard};
  impl_->ordered.reset();
}

bool taps::struck() const { return impl_->struck; }

int taps::passed(const std::string& step) const {
  const std::scoped_lock lock{impl_->guard};
  const auto found = impl_->counts.find(step);
  return found == impl_->counts.end() ? 0 : found->second;
}

} // namespace arrakis::crash
