// The path, query and Accept of a stranger, on the way to a route.
#include "runtime/net/router/negotiation.hpp"
#include "runtime/net/router/table.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace arrakis::fuzz {
namespace {
using net::router::route;
using net::router::value_kind;

const net::router::table& routes() {
  static const net::router::table all = [] {
    std::vector<route> list;
    for (const auto* path : {"/", "/a", "/a/{id:number}", "/a/{id:uuid}", "/a/{name}", "/a/{name}/{id:number}/b",
                             "/files/{path:rest}", "/files/index", "/{x}/{y}/{z}"})
      for (const auto* method : {"GET", "POST"})
        list.push_back({.method = method, .path = path, .run = [](const net::router::call&) {}});
    return net::router::table{std::move(list)};
  }();
  return all;
}

/// As an API that others describe has it.
const net::router::table& loose() {
  static const net::router::table all = [] {
    std::vector<route> list;
    for (const auto* path : {"/a", "/a/{x:any}", "/a/@me", "/a/{x:any}/{y:any}/b", "/a/b/{path:rest}"})
      list.push_back({.method = "GET", .path = path, .run = [](const net::router::call&) {}});
    net::router::fallback otherwise{{}, [](const net::router::call&) {}};
    return net::router::table{std::move(list), {.otherwise = std::move(otherwise), .head = false, .loose = true}};
  }();
  return all;
}

void judge_loose(std::string_view method, std::string_view path) {
  const auto found = loose().find(method, path);
  ARRAKIS_ASSERT(found.what != nullptr, "a fallback takes what no route does");
  ARRAKIS_ASSERT((found.what == loose().otherwise()) == (found.count == 0 && found.what->method == "other"),
                 "a fallback has no parameters");
  const bool slashed = path.size() > 1 && path.size() < loose().path_bytes_max();
  ARRAKIS_ASSERT(!slashed || loose().find(method, std::string{path} + "/").what == found.what,
                 "a slash at the end does not count");
  for (size_t i = 0; i < found.count; ++i)
    ARRAKIS_ASSERT(!found.values[i].empty() && found.values[i].find('/') == path.npos
                     || found.what->path.ends_with("{path:rest}"),
                   "a value is one segment");
}

void judge(std::string_view method, std::string_view path) {
  const auto found = routes().find(method, path);
  ARRAKIS_ASSERT(!found.what || found.path_exists, "a route that is found has a path");
  ARRAKIS_ASSERT(found.path_exists == !routes().allowed(path).empty(), "the methods of a path are those of its routes");
  for (size_t i = 0; i < found.count; ++i) {
    const auto value = net::percent_decode(found.values[i]);
    ARRAKIS_ASSERT(!value.empty() && value.find('\0') == value.npos && value.find('\\') == value.npos,
                   "a value is text");
    ARRAKIS_ASSERT(("/" + value + "/").find("/../") == std::string::npos, "no value leads upwards");
    ARRAKIS_ASSERT(path.find(found.values[i]) != path.npos, "a value stands in its path");
  }
}
} // namespace

void router(std::string_view bytes) {
  const auto line = bytes.substr(0, bytes.find('\n'));
  judge("GET", line);
  judge("HEAD", line);
  judge("PUT", line);
  judge_loose("GET", line);
  judge_loose("GET", "/a/" + std::string{line});
  judge("POST", "/a/" + net::percent_encode(line.substr(0, 300)));
  const net::headers accept{{"Accept", std::string{bytes.substr(std::min(line.size() + 1, bytes.size()))}}};
  (void)net::router::accepts(accept, "application/json");
  (void)net::router::accepts(accept, bytes);
}
} // namespace arrakis::fuzz
