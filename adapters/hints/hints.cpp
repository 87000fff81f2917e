#include "adapters/hints/hints.hpp"

#include <string>

namespace arrakis::hints {
namespace {
std::string channel(std::string_view topic) { return "hints:" + std::string{topic}; }
} // namespace

publisher make_publisher(redis::link to) {
  return [to = std::move(to)](std::string_view topic, deadline until, std::function<void(caf::error)> done) {
    to.command({{"PUBLISH"}, {}, {channel(topic), ""}, until},
               [done = std::move(done)](caf::expected<redis::reply> r) { done(r ? caf::error{} : r.error()); });
  };
}

subscriber make_subscriber(redis::link from) {
  return [from = std::move(from)](std::string_view topic, std::function<void()> on_hint) -> subscription {
    return from.subscribe({channel(topic)},
                          {on_hint, [on_hint](const std::string&, const std::string&) { on_hint(); }});
  };
}
} // namespace arrakis::hints
