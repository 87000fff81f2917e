#pragma once
// The stages that each request passes on its way to a handler, and its answer on the way back. To add one: write a
// function like `dates` that returns a `middleware`, and put it where standard_chain says in which order they stand.
#include "runtime/net/router/table.hpp"

#include <atomic>
#include <chrono>

namespace arrakis::net::router {

struct middleware;
using chain = std::vector<middleware>;

/// One request with the results of the stages so far.
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
  /// Sends the response through the stages in reverse order, then to the client. Call it once.
  void finish(http_response);
  /// Passes the response through every stage that ran, in reverse order.
  void pass_back(http_response&);

  std::shared_ptr<const chain> stages;
  size_t passed = 0; ///< Stages on the way in that ran.
  std::optional<net::responder> wire;
  std::atomic<bool> answered{false};
};

/// One stage of the chain.
struct middleware {
  std::string_view name;
  /// Checks the head, on an io thread; a response ends the request here. Empty: no check.
  std::function<std::optional<http_response>(exchange&, const http_request& head)> judge_head;
  /// Judges the whole request, after its body was read.
  std::function<std::optional<http_response>(exchange&, const http_request& whole)> judge_body;
  /// Changes or observes the response, on the thread that sends it, in reverse order of the chain.
  std::function<void(const exchange&, http_response&)> pass_back;
};

/// Stage X-Request-Id: keeps an id of 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-', else makes one; sends it back.
middleware request_ids();
/// Stage that logs http.request_answered for each request at level debug.
middleware access_log();
/// Stage that updates http_requests_total{method,route,status} and arrakis_http_request_seconds{route}; `route` is the
/// declared path of the route, or "none".
middleware request_metrics(const table&);
/// Stage that adds security headers the response does not set itself: nosniff and no-store; for anything but JSON also
/// no-referrer and a content security policy that lets a page load nothing.
middleware security_headers();
/// Stage that finds the route: 404, 405 with Allow, 414, and the response to OPTIONS.
middleware routing(std::shared_ptr<const table>);
/// Stage that answers 406, 415, and 400 for a query parameter that does not match its declaration.
middleware negotiation();

/// A method of authentication.
struct authenticator {
  std::string_view name;   ///< As a route names it.
  std::string_view scheme; ///< JSON of its OpenAPI security scheme.
  /// Checks the head: fills `who`, or returns a response that refuses.
  std::function<std::optional<http_response>(const http_request& head, identity& who)> judge_head;
  /// Checks the whole request, for a signature over the body. Empty: the head is enough.
  std::function<std::optional<http_response>(const http_request& whole, identity& who)> judge_body;
};
/// Stage that runs the authenticator of the route; then 403 if its identity lacks the route's permission. Throws
/// std::runtime_error that names a route whose authenticator is missing, because that route would be public.
middleware authentication(const table&, std::vector<authenticator>);

/// How long the asker has to wait; nothing: it may go on.
using rate_limit = std::function<std::optional<std::chrono::milliseconds>(const exchange&)>;
/// Stage that answers 429 with Retry-After.
middleware rate_limits(rate_limit);

/// Stage that answers 413 if the announced length is above the route's limit. The server cuts off a body without a
/// length when it exceeds the limit.
middleware body_limits();

/// Parts of the standard chain that a listener chooses.
struct hooks {
  std::vector<authenticator> authenticators;
  router::rate_limit rate_limit; ///< Empty: none.
};
/// Standard chain: request ids, access log, metrics, security headers, routing, authentication, rate limits, body
/// limits, negotiation. Early stages are cheap, and an unauthenticated client does not learn what a route accepts.
chain standard_chain(std::shared_ptr<const table>, hooks);

/// Serves the table behind the chain; for http_server_options::admit. Body limit, deadline and `essential` come from
/// the route. The server's own handler never runs.
std::function<admission(const http_request& head)> serve(std::shared_ptr<const table>, chain);

} // namespace arrakis::net::router
