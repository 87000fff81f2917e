#pragma once
// /api/v10 over HTTP: token, limits, faults, headers; behind it the routes.
#include "apps/sandbox/delivery/delivery.hpp"
#include "apps/sandbox/rest/routes.hpp"

namespace arrakis::sandbox::rest {

/// Discord's REST API over the model, with rate limits and ordered faults.
class api {
public:
  api(core&, delivery&);
  ~api();
  api(const api&) = delete;
  api& operator=(const api&) = delete;
  /// Routes that a listener serves below /api. No middleware precedes them: every header of an answer is Discord's.
  std::shared_ptr<const net::router::table> table() const { return table_; }
  /// Performs a request as a user in Discord's own client: no token, no rate limits, all permissions checked. `path` is
  /// as on the wire and begins after /api/v10.
  reply as_user(snowflake user, std::string_view method, std::string_view path, std::string_view target, js::value body,
                std::string reason);

private:
  struct visit; ///< One request on its way.
  using responder = net::router::responder;
  void handle(match, net::http_request, const responder&);
  void proceed(visit, const responder&);
  /// Performs the requests that fault::late delayed until this one.
  void carry_out_held(std::string_view method, std::string_view path);
  void answer(visit, const responder&, reply);
  net::http_response refuse_limit(const visit&);
  void finish(visit&, const responder&, net::http_response, bool effect);
  core& core_;
  delivery& delivery_;
  std::shared_ptr<const net::router::table> table_;
  std::vector<std::pair<visit, responder>> held_;
};

} // namespace arrakis::sandbox::rest
