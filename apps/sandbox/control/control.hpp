#pragma once
// /_sandbox/: what a test or the page does to the emulator. JSON in, JSON out; see apps/sandbox/README.md for the list.
#include "apps/sandbox/delivery/delivery.hpp"
#include "apps/sandbox/rest/door.hpp"

#include <list>

namespace arrakis::sandbox::control {
namespace js = boost::json;

class door {
public:
  door(core&, delivery&, rest::door&);
  /// One request whose path begins with /_sandbox.
  void handle(const net::http_request&, const net::responder&);
  /// Waits that have ended. Call a few times a second.
  void sweep() { check(); }

  // What the routes do, by file: acts.cpp (people act), orders.cpp (faults, limits, applications), views.cpp (reading).
  struct ask; ///< One request: path parts, body, the answer's door.

private:
  friend struct routes;
  /// Answers when `ready` gives something, or with what `late` gives after the wait.
  struct waiting {
    std::function<std::optional<rest::reply>()> ready;
    std::function<rest::reply()> late;
    int64_t until_ms = 0;
    net::responder respond;
  };
  void check();
  void wait(const ask&, std::function<std::optional<rest::reply>()> ready, std::function<rest::reply()> late);
  void watch(const net::responder&);
  void tell(std::string_view text);

  core& core_;
  delivery& delivery_;
  rest::door& rest_;
  std::list<waiting> waiting_;
  std::map<uint64_t, std::shared_ptr<net::websocket>> watchers_;
  uint64_t last_watcher_ = 0;
  bool told_ = false;
};

struct door::ask {
  std::string method;
  std::vector<std::string> path; ///< After /_sandbox, decoded, split.
  std::string target;
  js::value body;
  net::responder respond;

  const js::object& object() const;
  std::string query(std::string_view key) const;
  snowflake id(std::string_view key) const; ///< From the body; 0 when absent.
  snowflake query_id(std::string_view key) const;
  std::optional<int64_t> query_number(std::string_view key) const;
  int64_t wait_ms(int64_t otherwise) const; ///< "wait_ms" of the body or query.
};

/// The answer of a route, or nothing when it answers later by itself.
using handled = std::optional<rest::reply>;
rest::reply wrong(std::string why);

/// The routes, a function for each; they are friends of the door.
struct routes {
  static handled info(door&, const door::ask&);
  static handled view(door&, const door::ask&);
  static handled state(door&, const door::ask&);
  static handled statistics(door&, const door::ask&);
  static handled requests(door&, const door::ask&);
  static handled make_guild(door&, const door::ask&);
  static handled make_user(door&, const door::ask&);
  static handled make_application(door&, const door::ask&);
  static handled join(door&, const door::ask&);
  static handled direct(door&, const door::ask&);
  static handled invite(door&, const door::ask&);
  static handled interact(door&, const door::ask&);
  static handled interaction(door&, const door::ask&);
  static handled message(door&, const door::ask&);
  static handled as(door&, const door::ask&);
  static handled faults(door&, const door::ask&);
  static handled limits(door&, const door::ask&);
  static handled clock(door&, const door::ask&);
  static handled gateway(door&, const door::ask&);
  static handled endpoint(door&, const door::ask&);
};

/// What the person sees of an interaction: {id, phase, edits, message?, modal?, choices?, error?}.
js::object interaction_view(model::world&, const model::interaction&);
js::object guild_view(model::world&, const model::guild&);
/// Names that occur more than once: {"roles": [...], "channels": [...]}.
js::object duplicates(const model::guild&);

} // namespace arrakis::sandbox::control
