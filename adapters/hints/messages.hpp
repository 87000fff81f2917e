#pragma once
// Hints between processes: "what you know of this topic may be old". A hint carries nothing, so nobody can change
// anything with one, and it may be lost, late or doubled: whoever hears it reads the truth where that lies, and reads
// it from time to time without a hint as well.
#include "runtime/deadline.hpp"
#include "runtime/error.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace arrakis::hints {

/// The fence log has grown.
inline constexpr std::string_view fences = "fences";

/// Its last copy's end ends it.
using subscription = std::shared_ptr<const void>;

/// Tells all processes that follow the topic. `done` is called once, on an io thread or by the caller. No error: the
/// hint went out, to whoever listened. ec::unavailable, ec::unknown: perhaps nobody heard it.
using publisher = std::function<void(std::string_view topic, deadline until, std::function<void(caf::error)> done)>;

/// Calls `told` at each hint on the topic, and once whenever hints may have been missed: at the begin, and after a time
/// without connection. On an io thread, so it must be short, and for a moment after the end of the subscription as
/// well.
using subscriber = std::function<subscription(std::string_view topic, std::function<void()> told)>;

} // namespace arrakis::hints
