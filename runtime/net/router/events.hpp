#pragma once
// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
#include "runtime/net/router/call.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace arrakis::net::router {

/// The head of a stream of events.
http_response event_stream();

/// One event.
struct server_sent_event {
  std::string_view data;      ///< Any text; each line of it becomes a line of the event.
  std::string_view name = {}; ///< Empty: "message". Line ends in it are left out.
  std::string_view id = {};   ///< Sent back as Last-Event-ID after a reconnect; empty: none.
};
/// The event as it stands in the stream.
std::string write_event(const server_sent_event&);

/// A comment: shows both ends that the other one is there. Send one every 15 s or so.
inline constexpr std::string_view heartbeat = ":\n\n";

/// One stream of events and all who read it. From any thread; its end ends the stream of each reader.
class event_feed {
public:
  /// A reader with this many unread bytes is disconnected; it may reconnect.
  explicit event_feed(size_t bytes_max = 1 << 20);
  ~event_feed();
  /// Answers with the stream: from then on the reader gets what is published.
  void open(const responder&);
  void publish(const server_sent_event&);
  void send_heartbeat();
  size_t readers() const;

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace arrakis::net::router
