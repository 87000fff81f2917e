#pragma once
// Record of the events on the gateway's connections, in order, which tests check. Pure.
#include <boost/json.hpp>
#include <cstdint>
#include <deque>
#include <string_view>

namespace arrakis::sandbox::gateway {
namespace js = boost::json;

/// Record of the last record_max gateway frames and connection events.
class record {
public:
  /// `what`: opened, in (from the client), out (to it), closed. `more`: its members.
  void add(uint64_t connection, std::string_view what, js::object more);
  /// Entries with a number above `after`: {n, at_ms, connection, what, ...}. The oldest are dropped first.
  js::array after(int64_t number) const;

private:
  int64_t last_ = 0;
  std::deque<js::object> entries_;
};
/// Maximum number of entries; the oldest are dropped first.
inline constexpr size_t record_max = 5000;

/// Returns the recorded part of a client's frame, without its token.
js::object noted(int64_t op, const js::object& frame);
} // namespace arrakis::sandbox::gateway
