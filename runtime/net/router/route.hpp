#pragma once
// Routes as data: what a listener serves, what it asks of a caller, and what it answers. The documentation
// (openapi.hpp), the judgement of a request (middleware.hpp) and the search (table.hpp) all read the same value.
#include "runtime/net/router/call.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::net::router {

/// Kinds of value of a path or query parameter.
enum class value_kind {
  text,   ///< 1 to 256 bytes as written; decoded: UTF-8 without control characters, '/' and '\', and not "." or "..".
  number, ///< Decimal digits of an unsigned 64-bit number, without leading zeros: a snowflake, a version.
  uuid,   ///< 36 characters, lower case.
  rest,   ///< All that is left of a path: one segment or more, each of them text. Last in its path.
  any,    ///< One segment of whatever bytes: the handler judges them.
};

/// A parameter of the query.
struct query_parameter {
  std::string_view name;
  value_kind kind = value_kind::text;
  std::string_view description;
  bool required = false;
};

/// The body that a route reads.
struct request_body {
  std::string_view media_type = "application/json";
  std::string_view schema; ///< JSON Schema 2020-12; empty: any.
};

/// One documented response of a route. Errors with the body of `problem` need no entry.
struct answer {
  int status = 200;
  std::string_view description;
  std::string_view media_type = "application/json"; ///< Empty: no body.
  std::string_view schema;                          ///< JSON Schema 2020-12; empty: any.
};

/// Limits of a route.
struct route_limits {
  size_t body_bytes_max = 0; ///< Larger: 413. 0: the route takes no body.
  /// Timeout of the handler; then the client gets 503. For a streaming answer it bounds the head only.
  std::chrono::milliseconds answer_within{30'000};
  bool essential = false; ///< Served while others fill the listener: health, metrics.
};

/// A route.
struct route {
  std::string_view method; ///< Upper case. GET answers HEAD too, and every path answers OPTIONS.
  /// "/communities/{id:uuid}/members/{user:number}"; a parameter without a kind is text. No path ends in a slash but
  /// "/" itself.
  std::string path;
  std::string_view summary;
  /// Name of an authenticator (middleware.hpp); empty: the route is public.
  std::string_view authentication;
  std::string_view permission; ///< The identity needs it; empty: any identity will do.
  route_limits limits;
  std::vector<query_parameter> query;
  std::optional<request_body> body;
  std::vector<answer> answers;
  bool streams = false; ///< The answer goes on for as long as both ends like: server-sent events.
  /// Handles a request. Runs on an io thread and must not block.
  std::function<void(call)> run;
};

/// True if `text`, as written in a path, is a value of that kind.
bool is_value(value_kind, std::string_view text);

/// Error response {"error": {"code": "ERR_NOT_FOUND", "message": "..."}}: every refusal has this body.
http_response problem(int status, std::string_view code, std::string_view message);

} // namespace arrakis::net::router
