#pragma once
// /_sandbox/: what a test or the page does to the emulator. JSON in, JSON out; see apps/sandbox/README.md for the list.
#include "apps/sandbox/delivery/delivery.hpp"
#include "apps/sandbox/rest/api.hpp"
#include "runtime/net/router/events.hpp"

#include <list>

namespace arrakis::sandbox::control {
namespace js = boost::json;
struct request;

/// The control API of the emulator.
class api {
public:
  api(core&, delivery&, rest::api&);
  /// Routes that a listener serves below /_sandbox.
  std::vector<net::router::route> routes();
  /// Ends waits whose time is over. Call it ten times a second.
  void sweep();

private:
  friend struct handlers; // By file: acts.cpp (people act), orders.cpp (faults, limits, applications), views.cpp
                          // (reading).
  /// A long poll: answered when `ready` returns a reply, or with the reply of `late` after the wait.
  struct waiting {
    std::function<std::optional<rest::reply>()> ready;
    std::function<rest::reply()> late;
    int64_t until_ms = 0;
    net::router::responder respond;
  };
  void check();
  void wait(const request&, std::function<std::optional<rest::reply>()> ready, std::function<rest::reply()> late);

  core& core_;
  delivery& delivery_;
  rest::api& rest_;
  std::list<waiting> waiting_;
  net::router::event_feed events_;
  bool change_is_due_ = false;
  uint64_t sweeps_ = 0;
};

/// One request to the control API.
struct request {
  std::string method;
  std::string target;
  std::vector<std::string> parameters; ///< Of the path, decoded.
  js::value body;
  net::router::responder respond;

  const js::object& object() const;
  std::string query(std::string_view key) const;
  snowflake id(std::string_view key) const; ///< From the body; 0 when absent.
  snowflake query_id(std::string_view key) const;
  std::optional<int64_t> query_number(std::string_view key) const;
  int64_t wait_ms(int64_t otherwise) const;   ///< "wait_ms" of the body or query.
  snowflake parameter_id(size_t index) const; ///< 0 when it is no snowflake.
};

/// The answer of a route, or nothing when it answers later by itself.
using handled = std::optional<rest::reply>;
/// A 400 with the reason.
rest::reply wrong(std::string why);

/// Path prefix of GET /_sandbox/as/{user}/{path:rest}.
constexpr std::string_view as_prefix = "/_sandbox/as/";

/// Handlers of the routes, one function each.
struct handlers {
  static handled info(api&, const request&);
  static handled view(api&, const request&);
  static handled state(api&, const request&);
  static handled statistics(api&, const request&);
  static handled requests(api&, const request&);
  static handled make_guild(api&, const request&);
  static handled make_user(api&, const request&);
  static handled make_application(api&, const request&);
  static handled join(api&, const request&);
  static handled direct(api&, const request&);
  static handled invite(api&, const request&);
  static handled interact(api&, const request&);
  static handled interaction(api&, const request&);
  static handled message(api&, const request&);
  static handled as(api&, const request&);
  static handled faults(api&, const request&);
  static handled limits(api&, const request&);
  static handled clock(api&, const request&);
  static handled gateway(api&, const request&);
  static handled gateway_record(api&, const request&);
  static handled endpoint(api&, const request&);
};

/// Returns the user's view of an interaction: {id, phase, edits, message?, modal?, choices?, error?}.
js::object interaction_view(model::sandbox_state&, const model::interaction&);
/// Returns a guild with roles, channels, members and duplicates.
js::object guild_view(model::sandbox_state&, const model::guild&);
/// Names that occur more than once, channels' within one category: {"roles": [...], "channels": [...]}.
js::object duplicates(const model::guild&);

} // namespace arrakis::sandbox::control
