#include "tests/tidy/directions.hpp"

#include <algorithm>
#include <array>

namespace arrakis::tidy {
namespace {
bool below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

/// The first `count` folders of a path: of("adapters/postgres/audit/x.cpp", 2) is "adapters/postgres".
std::string_view first(std::string_view path, int count) {
  size_t at = 0;
  for (; count > 0; --count) {
    at = path.find('/', at == 0 ? 0 : at + 1);
    if (at == std::string_view::npos)
      return path.substr(0, path.rfind('/'));
  }
  return path.substr(0, at);
}

/// True for the files of an adapter or actor that others may include: its protocol and the helpers to use it.
bool is_protocol(std::string_view path) {
  constexpr std::array names{"messages.hpp",     "calls.hpp",   "requests.hpp",    "server_time.hpp",
                             "server_clock.hpp", "keyring.hpp", "layout.hpp",      "verify.hpp",
                             "signature.hpp",    "link.hpp",    "declaration.hpp", "entry.hpp"};
  const auto name = path.substr(path.rfind('/') + 1);
  return std::find(names.begin(), names.end(), name) != names.end() || path == "adapters/chain/catalogue/catalogue.hpp";
}

/// True for the other files that belong to the port of an adapter.
bool is_port(std::string_view path) {
  constexpr std::array ports{"adapters/discord/gateway/ports.hpp", "adapters/discord/gateway/address.hpp",
                             // Used in the other stores' transactions:
                             "adapters/postgres/audit/chain.hpp", "adapters/postgres/outbox/work_item.hpp",
                             "adapters/postgres/guild_work/guild_work.hpp"};
  return is_protocol(path) || std::find(ports.begin(), ports.end(), path) != ports.end();
}

std::string_view folder_of(std::string_view path) { return path.substr(0, path.rfind('/')); }

/// Of one adapter: the same folder, or one above that its stores or implementations share.
bool is_own(std::string_view from, std::string_view to) {
  return first(from, 2) == first(to, 2) && (from == to || below(from, folder_of(to)));
}

/// Plain functions that every actor may use: what a manifest asks of a guild, and how its rules are judged.
bool is_shared_core(std::string_view path) {
  return below(path, "actors/guild/core") || below(path, "actors/verdicts/core")
      || (below(path, "actors/rules") && path.ends_with(".hpp"));
}

/// True for files that schemas/ may include: they read values from JSON, and do not decide, sign, write or read clocks.
bool is_ground(std::string_view path) {
  constexpr std::array names{"runtime/error.hpp", "runtime/json.hpp", "runtime/secret.hpp", "runtime/utf8.hpp"};
  return std::find(names.begin(), names.end(), path) != names.end();
}
} // namespace

std::string direction_fault(std::string_view from, std::string_view to) {
  const bool test = from.ends_with(".test.cpp") || from.ends_with(".test.hpp");
  if (below(to, "apps")) {
    const bool program = below(from, "apps") || below(from, "tests") || below(from, "bench");
    const bool own = first(from, 2) == first(to, 2) || below(to, "apps/wiring") || below(from, "tests")
                  || below(from, "bench");
    return program && own ? "" : "nothing includes an app but itself; what programs share lies in apps/wiring";
  }
  if (below(to, "tests"))
    return test || below(from, "tests") || below(from, "bench") ? "" : "only tests include tests/";
  if (below(from, "apps") && below(to, "adapters") && !below(from, "apps/wiring") && !test && !is_port(to))
    return "only apps/wiring knows an implementation: include its messages.hpp, and ask apps/wiring for the port";
  if (below(to, "schemas") || below(from, "apps") || below(from, "tests") || below(from, "bench"))
    return "";
  // A test beside its code may use the real thing behind a port.
  if (test)
    return below(from, "runtime") && !below(to, "runtime") ? "runtime knows no domain, nor do its tests" : "";
  if (below(from, "schemas"))
    return is_ground(to)
           ? ""
           : "schemas are shapes and their JSON forms: they know schemas, and error, json, secret and utf8 of runtime";
  if (below(from, "runtime"))
    return below(to, "runtime") ? "" : "runtime knows no domain";
  if (below(to, "runtime"))
    return "";
  if (below(from, "adapters")) {
    if (below(to, "actors"))
      return "an adapter knows no actor; put the shared shape into schemas/ or into the port's messages.hpp";
    return is_own(from, to) || is_port(to) ? "" : "no implementation knows another; include its messages.hpp";
  }
  if (below(from, "actors")) {
    if (below(to, "adapters"))
      return is_protocol(to)
             ? ""
             : "an actor knows ports only: include messages.hpp and let apps/ tie the implementation to it";
    const bool known = first(from, 2) == first(to, 2) || is_protocol(to) || is_shared_core(to);
    return known ? ""
                 : "another actor is known by its messages.hpp only, or by plain functions: actors/guild/core, "
                   "verdicts/core, "
                   "rules";
  }
  return "";
}
} // namespace arrakis::tidy
