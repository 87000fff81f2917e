#pragma once
#include <chrono>
#include <functional>

namespace arrakis::net {
class io;
}
namespace arrakis::sandbox {
/// Runs `what` once on the io thread after `delay`; never when the io has been stopped.
void after(net::io&, std::chrono::milliseconds delay, std::function<void()> what);
} // namespace arrakis::sandbox
