#pragma once
// /api/v10 over HTTP: token, limits, faults, headers; behind it the router.
#include "apps/sandbox/delivery/delivery.hpp"
#include "apps/sandbox/rest/router.hpp"
#include "runtime/net/http_server.hpp"

namespace arrakis::sandbox::rest {

class door {
public:
  door(core& c, delivery& d) : core_(c), delivery_(d) {}
  /// One request whose path begins with /api.
  void handle(net::http_request, const net::responder&);
  /// As a person would in Discord's own client: no token, no limits, all permissions checked.
  reply as_user(snowflake user, std::string_view method, std::string_view path, std::string_view target, js::value body,
                std::string reason);

private:
  struct visit; ///< One request on its way.
  void proceed(visit, const net::responder&);
  void answer(visit, const net::responder&, reply);
  net::http_response refuse_limit(const visit&);
  void finish(visit&, const net::responder&, net::http_response, bool effect);
  core& core_;
  delivery& delivery_;
};

} // namespace arrakis::sandbox::rest
