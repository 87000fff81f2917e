#pragma once
// Discord's REST v10 over the model: which routes there are, and what each answers. Pure: no sockets, no limits.
#include "apps/sandbox/model/sandbox_state.hpp"
#include "runtime/net/router/table.hpp"

#include <functional>

namespace arrakis::sandbox::rest {
namespace js = boost::json;

/// Response of a handler.
struct reply {
  int status = 200;
  std::optional<js::value> body; ///< Without: no content.
};

/// One request to a handler.
struct call {
  model::sandbox_state& state;
  model::actor by;              ///< user 0: unauthenticated (interaction routes need none).
  std::vector<std::string> ids; ///< The values of the route's parameters, in order, decoded.
  std::string target;           ///< For query parameters.
  js::value body;               ///< Null without one.
  std::string gateway;          ///< "ws://127.0.0.1:8080", for /gateway and /gateway/bot
  int shards = 1;
  int max_concurrency = 1;
  int64_t starts_left = 1000;
  int64_t starts_reset_ms = 86'400'000;

  snowflake id(size_t index) const; ///< 0 when it is no snowflake.
  const js::object& object() const; ///< The body, or an empty object.
  std::string query(std::string_view key) const;
  snowflake query_id(std::string_view key) const; ///< 0 when it is absent.
  size_t limit(size_t otherwise) const;           ///< `limit` of the query, within the route's `limit_max`.
  /// A boolean of the query: "true", "True" and "1" count, as clients in several languages write it.
  bool flag(std::string_view key, bool otherwise = false) const;
};
using handler = reply (*)(call&);

/// Input of a route beside its path; any other input is refused with 50035 before the route runs.
struct input_rules {
  size_t limit_max = 0;                         ///< `limit` of the query is from 1 to this; 0: it is not read.
  std::vector<std::string_view> query_ids = {}; ///< Keys of the query that are snowflakes.
  bool list = false;                            ///< The body is a list of objects; else an object, or none.
};

/// A route as data, and its handler.
struct route {
  std::string_view method;
  /// "/guilds/{guild}/roles". A parameter is a snowflake, unless its kind says that it is any text: "{token:any}".
  /// Discord answers 50035 to what is no snowflake, and only to a caller that it knows: the search takes both.
  std::string_view pattern;
  handler run;
  bool open = false; ///< Works without a token: the path itself holds one. Exempt from the global limit.
  input_rules input = {};
};

/// A route with its parsed pattern.
struct known_route : route {
  std::string name;             ///< "POST /guilds/{guild}/roles": of buckets, figures and faults.
  std::vector<std::string> ids; ///< Names of the parameters; empty for one that is any text.
  std::string router_path;      ///< "/guilds/{guild:any}/roles"
};
/// All routes of the API.
const std::vector<known_route>& all_routes();

/// A request's route and the values of its parameters; null when there is none.
struct match {
  const known_route* what = nullptr;
  bool other_method = false; ///< Without a route: the path has one for another method.
  std::vector<std::string> ids;
  /// The guild, channel or webhook id (with its token) that splits the buckets.
  std::string major() const;
  /// Error 404, or 405 for a method that the path does not have; nothing when there is a route.
  std::optional<model::refusal> missing() const;
  /// Error 400 with 50035 when a parameter that is an id is invalid ("undefined"; "@me" and the like pass), or when the
  /// query of `target` or the body (null: none) does not match the route's rules.
  std::optional<model::refusal> fault(std::string_view target = {}, const js::value* body = nullptr) const;
};

/// All routes below /api/v10, /api/v9 and /api, for a listener. `run` gets every request below them: what no route
/// takes has a match without one.
std::shared_ptr<const net::router::table> make_table(std::function<void(match, net::router::call)> run);
/// Finds the route of a request. `path` is as on the wire and begins after /api/v10.
match find(const net::router::table&, std::string_view method, std::string_view path);

/// Reply with the error of a refused call.
reply refuse(const model::refusal&);
/// Answers with the value of a call, or with its refusal.
template <class T>
reply give(model::outcome<T> out, int status = 200) {
  if (!out)
    return refuse(out.why());
  return {status, js::value(std::move(*out))};
}
inline reply give(model::outcome<model::done> out) { return out ? reply{204, std::nullopt} : refuse(out.why()); }

/// Runs `f` with the guild of the path, if the caller is a member.
template <class F>
reply in_guild(call& c, F&& f) {
  auto in = model::guild_for(c.state, c.by, c.id(0));
  return in ? f(**in) : refuse(in.why());
}
/// Runs `f` with the channel of the path, if the caller may view it.
template <class F>
reply in_channel(call& c, F&& f) {
  auto at = model::channel_for(c.state, c.by, c.id(0));
  return at ? f(*at) : refuse(at.why());
}

/// Runs `f` with the channel of the path, also a direct one (its guild is null).
template <class F>
reply in_conversation(call& c, F&& f) {
  auto at = model::conversation_for(c.state, c.by, c.id(0));
  return at ? f(*at) : refuse(at.why());
}

/// Routes of guilds. all_routes() joins these and those below, one file each.
const std::vector<route>& guild_routes();
/// Routes of channels.
const std::vector<route>& channel_routes();
/// Routes of messages.
const std::vector<route>& message_routes();
/// Routes of threads.
const std::vector<route>& thread_routes();
/// Routes of webhooks.
const std::vector<route>& webhook_routes();
/// Routes of bans, invites and emojis.
const std::vector<route>& moderation_routes();
/// Routes of applications, commands and interactions.
const std::vector<route>& application_routes();

} // namespace arrakis::sandbox::rest
