#include "runtime/net/try_listen.hpp"

#include <stdexcept>

namespace arrakis::net {
caf::expected<std::unique_ptr<http_server>> try_listen(io& on, http_server_options options,
                                                       http_server::handler handler) {
  try {
    return std::make_unique<http_server>(on, std::move(options), std::move(handler));
  } catch (const std::runtime_error& e) {
    return fail(ec::unavailable, e.what());
  }
}
} // namespace arrakis::net
