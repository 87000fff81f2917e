#pragma once
// Hints between processes: a topic's data may have changed. A hint carries no data, so a forged one changes nothing;
// it may be lost, late or repeated. A subscriber reads the data itself from PostgreSQL, after a hint and also from time
// to time without one.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace arrakis::hints {

/// Topic: the fence log has grown.
inline constexpr std::string_view fences = "fences";

/// A subscription; ends with its last copy.
using subscription = std::shared_ptr<const void>;

/// Sends a hint to all subscribed processes. `done` is called once, on an io thread or by the caller. No error: the
/// hint was sent to the present subscribers. ec::unavailable, ec::unknown: it may be lost.
using publisher = std::function<void(std::string_view topic, deadline until, std::function<void(caf::error)> done)>;

/// Subscribes to a topic: calls `on_hint` for each hint, and once whenever hints may have been missed: at the beginning
/// and after a reconnect. Runs on an io thread, so it must return fast; may run for a moment after the subscription's
/// end.
using subscriber = std::function<subscription(std::string_view topic, std::function<void()> on_hint)>;

} // namespace arrakis::hints
