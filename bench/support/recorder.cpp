#include "bench/support/recorder.hpp"

namespace arrakis::bench {
namespace {
constexpr size_t buffer_bytes = 1 << 16;
} // namespace

recorder::recorder(const std::string& at, std::string to)
  : to_(std::move(to)), listener_(unix_socket::listen(at)), acceptor_([this] { serve(); }) {}

recorder::~recorder() {
  listener_.shut();
  acceptor_.join();
  for (auto& each : lines_) {
    each.client.shut();
    each.server.shut();
  }
}

void recorder::serve() {
  while (auto caller = listener_.accept()) {
    std::scoped_lock lock{guard_};
    auto& made = lines_.emplace_back();
    made.client = std::move(caller);
    made.server = unix_socket::connect(to_);
    made.up = std::jthread{[this, &made] {
      std::string buffer(buffer_bytes, '\0');
      for (auto got = made.client.receive(buffer); !got.empty(); got = made.client.receive(buffer)) {
        {
          std::scoped_lock keep{guard_};
          made.sent.append(got);
        }
        if (!made.server.send(got))
          break;
      }
      made.server.shut();
    }};
    made.down = std::jthread{[&made] {
      std::string buffer(buffer_bytes, '\0');
      for (auto got = made.server.receive(buffer); !got.empty(); got = made.server.receive(buffer))
        if (!made.client.send(got))
          break;
      made.client.shut();
    }};
  }
}

std::string recorder::longest() {
  std::scoped_lock lock{guard_};
  std::string best;
  for (const auto& each : lines_)
    if (each.sent.size() > best.size())
      best = each.sent;
  return best;
}
} // namespace arrakis::bench
