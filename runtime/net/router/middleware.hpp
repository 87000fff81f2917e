#pragma once
// The stages that each request passes on its way to a handler, and its answer on the way back. To add one: write a
// function like `dates` that returns a `middleware`, and put it where standard_chain says in which order they stand.
#include "runtime/net/router/table.hpp"

#include <atomic>
#include <chrono>

namespace arrakis::net::router {

struct middleware;
using chain = std::vector<middleware>;

/// One request and what the stages found out about it.
struct exchange {
  /// Answers 503 unless answered.
  ~exchange();

  const route* matched = nullptr; ///< Null: refused by the stage `routing`.
  bool path_exists = false;       ///< Some method has a route here.
  std::vector<std::string> parameters;
  std::string request_id;
  identity who;
  std::string peer;
  std::chrono::steady_clock::time_point began;
  deadline until;
  /// Once: the stages on the way back, then the wire.
  void finish(http_response);
  /// Passes the response back through every stage that ran.
  void pass_back(http_response&);

  std::shared_ptr<const chain> stages;
  size_t passed = 0; ///< Stages on the way in that ran.
  std::optional<net::responder> wire;
  std::atomic<bool> answered{false};
};

/// One stage.
struct middleware {
  std::string_view name;
  /// By the head, on an io thread; an answer ends the request here. Empty: nothing to do.
  std::function<std::optional<http_response>(exchange&, const http_request& head)> judge_head;
  /// Judges the whole request, after its body was read.
  std::function<std::optional<http_response>(exchange&, const http_request& whole)> judge_body;
  /// On the way back, on the thread that answers. In the reverse order of the chain.
  std::function<void(const exchange&, http_response&)> pass_back;
};

/// X-Request-Id: taken over where it is 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-', else made; and sent back.
middleware request_ids();
/// A line http.request_answered for each request at level debug.
middleware access_log();
/// http_requests_total{method,route,status} and arrakis_http_request_seconds{route}, where `route` is the path of the
/// route as it is declared, or "none".
middleware request_metrics(const table&);
/// nosniff and no-store; for what is not JSON also no-referrer and a policy that lets a page load nothing. Each where
/// the answer says nothing of it.
middleware security_headers();
/// 404, 405 with Allow, 414, and the answer to OPTIONS.
middleware routing(std::shared_ptr<const table>);
/// 406, 415, and 400 for a parameter of the query that is not what its route declares.
middleware negotiation();

/// One way to prove who asks.
struct authenticator {
  std::string_view name;   ///< As a route names it.
  std::string_view scheme; ///< JSON of its OpenAPI security scheme.
  /// By the head; `who` is filled, or an answer refuses.
  std::function<std::optional<http_response>(const http_request& head, identity& who)> judge_head;
  /// By the whole request: a signature over the body. Empty: the head was enough.
  std::function<std::optional<http_response>(const http_request& whole, identity& who)> judge_body;
};
/// Runs the authenticator that the route names; then 403 where its identity lacks the route's permission. Throws
/// std::runtime_error that names a route whose authenticator is missing: such a route would stand open.
middleware authentication(const table&, std::vector<authenticator>);

/// How long the asker has to wait; nothing: it may go on.
using rate_limit = std::function<std::optional<std::chrono::milliseconds>(const exchange&)>;
/// 429 with Retry-After.
middleware rate_limits(rate_limit);

/// 413 where the length that the head announces is above the route's limit. A body without one is cut off by the server
/// when it has become too long.
middleware body_limits();

/// Parts of the standard chain that a listener chooses.
struct hooks {
  std::vector<authenticator> authenticators;
  router::rate_limit rate_limit; ///< Empty: none.
};
/// Request ids, access log, metrics, security headers, routing, authentication, rate limits, body limits, negotiation:
/// who is refused early costs least, and who may not ask does not learn what a route reads.
chain standard_chain(std::shared_ptr<const table>, hooks);

/// For http_server_options::admit: what the table serves, behind the chain. Body limit, deadline and whether it is
/// essential come from the route. The server's own handler never runs.
std::function<admission(const http_request& head)> serve(std::shared_ptr<const table>, chain);

} // namespace arrakis::net::router
