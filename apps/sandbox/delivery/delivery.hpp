#pragma once
// The ways of an interaction to its application: the gateway, or a signed HTTP request to its endpoint.
// https://discord.com/developers/docs/interactions/overview#configuring-an-interactions-endpoint-url
#include "apps/sandbox/core/core.hpp"
#include "apps/sandbox/model/interactions.hpp"
#include "runtime/net/http_client.hpp"

namespace arrakis::sandbox {

/// Sends interactions to their applications.
class delivery {
public:
  explicit delivery(core&);
  /// Sends what `started` holds. An endpoint's answer is taken as the callback.
  void send(model::started);
  /// Sets an application's interactions endpoint after Discord's check: a signed PING must give {"type":1}, a wrongly
  /// signed one 401. `done` gets the error text; empty: the endpoint is in use. An empty `url` switches back to the
  /// gateway.
  void set_endpoint(snowflake application, std::string url, std::function<void(std::string fault)> done);

private:
  void post(const model::application&, const std::string& body, bool good, net::http_client::done);
  void post_to(const std::string& url, const std::string& private_hex, const std::string& body, bool good,
               net::http_client::done);
  core& core_;
  net::http_client client_;
};

} // namespace arrakis::sandbox
