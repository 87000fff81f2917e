#pragma once
// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
#include "runtime/net/router/call.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace arrakis::net::router {

/// Response head of a stream of server-sent events.
http_response event_stream();

/// A server-sent event.
struct server_sent_event {
  std::string_view data;      ///< Any text; each line of it becomes a line of the event.
  std::string_view name = {}; ///< Empty: "message". Line ends in it are left out.
  std::string_view id = {};   ///< Sent back as Last-Event-ID after a reconnect; empty: none.
};
/// Text of the event in the stream.
std::string write_event(const server_sent_event&);

/// Comment line that keeps the connection alive. Send one every 15 s or so.
inline constexpr std::string_view heartbeat = ":\n\n";

/// One stream of events and its readers. From any thread; the destructor ends the stream of each reader.
class event_feed {
public:
  /// A reader with this many unread bytes is disconnected; it may reconnect.
  explicit event_feed(size_t bytes_max = 1 << 20);
  ~event_feed();
  /// Answers with the stream: from then on the reader gets every published event.
  void open(const responder&);
  void publish(const server_sent_event&);
  void send_heartbeat();
  size_t readers() const;

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

} // namespace arrakis::net::router
