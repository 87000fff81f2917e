#include "runtime/net/router/events.hpp"

#include <algorithm>

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
} // namespace arrakis::net::router
