#include "runtime/net/router/events.hpp"

#include <algorithm>
#include <map>
#include <mutex>

namespace arrakis::net::router {
namespace {
void put_field(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty())
    return;
  (out += name) += ": ";
  std::ranges::copy_if(value, std::back_inserter(out), [](char c) { return c != '\n' && c != '\r' && c != '\0'; });
  out += '\n';
}
} // namespace

http_response event_stream() {
  // X-Accel-Buffering: nginx passes each event on at once.
  return {200, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}, {}};
}

std::string write_event(const server_sent_event& e) {
  std::string out;
  put_field(out, "event", e.name);
  put_field(out, "id", e.id);
  for (auto left = e.data;;) { // A line ends in CR LF, LF or CR.
    const auto end = left.find_first_of("\r\n");
    ((out += "data: ") += left.substr(0, end)) += '\n';
    if (end == left.npos)
      return out += '\n';
    left.remove_prefix(end + (left.substr(end).starts_with("\r\n") ? 2 : 1));
  }
}

struct event_feed::impl {
  const size_t bytes_max;
  std::mutex guard;
  uint64_t last = 0;
  std::map<uint64_t, body_stream> readers;

  void send(const std::string& piece) {
    const std::lock_guard lock{guard};
    for (const auto& [_, reader] : readers)
      reader.send(piece);
  }
};

event_feed::event_feed(size_t bytes_max) : impl_(std::make_shared<impl>(bytes_max)) {}

event_feed::~event_feed() {
  const std::lock_guard lock{impl_->guard};
  for (const auto& [_, reader] : impl_->readers)
    reader.finish();
}

void event_feed::open(const responder& respond) {
  const auto id = [&] {
    const std::lock_guard lock{impl_->guard};
    return ++impl_->last;
  }();
  const std::weak_ptr<impl> of{impl_}; // A reader does not own the feed.
  respond.stream(event_stream(),
                 {.bytes_max = impl_->bytes_max,
                  .closed =
                    [of, id] {
                      if (const auto feed = of.lock()) {
                        const std::lock_guard lock{feed->guard};
                        feed->readers.erase(id);
                      }
                    }},
                 [of, id](const body_stream& reader) {
                   const auto feed = of.lock();
                   if (!feed)
                     return reader.finish();
                   const std::lock_guard lock{feed->guard};
                   feed->readers.emplace(id, reader);
                 });
}

void event_feed::publish(const server_sent_event& e) { impl_->send(write_event(e)); }

void event_feed::send_heartbeat() { impl_->send(std::string{heartbeat}); }

size_t event_feed::readers() const {
  const std::lock_guard lock{impl_->guard};
  return impl_->readers.size();
}
} // namespace arrakis::net::router
