#include "runtime/net/router/table.hpp"
#include "runtime/net/router/negotiation.hpp"

#include <doctest/doctest.h>

using namespace arrakis::net;
using router::value_kind;

namespace {
router::route named(const char* method, const char* path) {
  return {.method = method, .path = path, .run = [](const router::call&) {}};
}
router::table table_of(std::vector<std::pair<const char*, const char*>> all) {
  std::vector<router::route> out;
  for (const auto& [method, path] : all)
    out.push_back(named(method, path));
  return router::table{std::move(out)};
}
/// The path of the route that is found, then its parameters: "/a/{id:number} 7".
std::string found(const router::table& in, const char* method, std::string_view path) {
  const auto got = in.find(method, path);
  auto out = got.what ? got.what->path : std::string{got.path_exists ? "405" : "404"};
  for (size_t i = 0; i < got.count; ++i)
    out += " " + std::string{got.values[i]};
  return out;
}
} // namespace

TEST_CASE("table: the closest path wins: a literal, then uuid, number, text, and the rest last") {
  const auto all = table_of({{"GET", "/"},
                             {"GET", "/a"},
                             {"GET", "/a/{id:number}"},
                             {"GET", "/a/{id:uuid}"},
                             {"GET", "/a/{name}"},
                             {"GET", "/a/special"},
                             {"GET", "/a/{id:number}/b"},
                             {"GET", "/files/{path:rest}"},
                             {"GET", "/files/index"}});
  CHECK(found(all, "GET", "/") == "/");
  CHECK(found(all, "GET", "/a") == "/a");
  CHECK(found(all, "GET", "/a/12") == "/a/{id:number} 12");
  CHECK(found(all, "GET", "/a/0b5e3f3a-1111-4222-8333-123456789abc")
        == "/a/{id:uuid} 0b5e3f3a-1111-4222-8333-123456789abc");
  CHECK(found(all, "GET", "/a/twelve") == "/a/{name} twelve");
  CHECK(found(all, "GET", "/a/special") == "/a/special");
  CHECK(found(all, "GET", "/a/7/b") == "/a/{id:number}/b 7");
  CHECK(found(all, "GET", "/a/x/b") == "404");
  CHECK(found(all, "GET", "/files/css/style.css") == "/files/{path:rest} css/style.css");
  CHECK(found(all, "GET", "/files/index") == "/files/index");
  CHECK(found(all, "GET", "/files") == "404");
}

TEST_CASE("table: a parameter of kind any is one segment of whatever bytes, and closer than the rest") {
  const auto all = table_of({{"GET", "/a/{x:any}"}, {"GET", "/a/{id:number}"}, {"GET", "/a/{path:rest}"}});
  CHECK(found(all, "GET", "/a/12") == "/a/{id:number} 12");
  for (const auto* each : {"x", "..", "%00", "%2F", "%zz", "%ff", "a%5Cb"})
    CHECK(found(all, "GET", "/a/" + std::string{each}) == "/a/{x:any} " + std::string{each});
  const std::string text(1'000, 'x');
  CHECK(found(all, "GET", "/a/" + text) == "/a/{x:any} " + text);
  CHECK(found(all, "GET", "/a/x/y") == "/a/{path:rest} x/y");
  CHECK(found(all, "GET", "/a/") == "404");
}

// Negative control: without the option neither is found.
TEST_CASE("table: a loose table takes slashes at the end and literals as clients encode them") {
  const auto make = [](bool loose) {
    return router::table{{named("GET", "/"), named("GET", "/users/@me"), named("GET", "/users/{user:any}/x")},
                         {.otherwise = {}, .loose = loose}};
  };
  const auto loose = make(true), strict = make(false);
  for (const auto* each : {"/users/@me/", "/users/%40me", "/%75sers/%40%6De//"}) {
    CHECK(found(loose, "GET", each) == "/users/@me");
    CHECK(found(strict, "GET", each) == "404");
  }
  CHECK(found(loose, "GET", "//") == "/");
  CHECK(found(loose, "GET", "/users//x") == "404"); // An empty parameter is none.
  CHECK(found(loose, "GET", "/users/%40me/x") == "/users/{user:any}/x %40me");
  CHECK(loose.allowed("/users/%40me/") == "GET, HEAD, OPTIONS");
}

TEST_CASE("table: a fallback takes what no route does, and HEAD where GET does not answer it") {
  std::vector<router::route> routes{named("GET", "/a")};
  const router::table all{std::move(routes),
                          {.otherwise = router::fallback{{}, [](const router::call&) {}}, .head = false}};
  CHECK(found(all, "GET", "/a") == "/a");
  for (const auto& [method, path, exists] :
       {std::tuple{"GET", "/b", false}, {"POST", "/a", true}, {"HEAD", "/a", true}, {"OPTIONS", "*", false}}) {
    const auto got = all.find(method, path);
    CHECK(got.what == all.otherwise());
    CHECK(got.path_exists == exists);
  }
  CHECK(all.allowed("/a") == "GET, OPTIONS");
  CHECK_THROWS_AS((router::table{{}, {.otherwise = router::fallback{}}}), std::runtime_error);
}

TEST_CASE("table: a path that another method owns does not hide a wider one") {
  const auto all = table_of({{"GET", "/roles/member-counts"}, {"PATCH", "/roles/{role}"}, {"GET", "/roles/{role}"}});
  CHECK(found(all, "GET", "/roles/member-counts") == "/roles/member-counts");
  CHECK(found(all, "PATCH", "/roles/member-counts") == "/roles/{role} member-counts");
  CHECK(found(all, "HEAD", "/roles/1") == "/roles/{role} 1");
  CHECK(found(all, "PUT", "/roles/1") == "405");
  CHECK(all.allowed("/roles/member-counts") == "GET, HEAD, PATCH, OPTIONS");
  CHECK(all.allowed("/other") == "");
}

// Negative control: decoded before it is searched, as path_of() does, each of them is a page that is served.
TEST_CASE("table: a literal has one spelling") {
  const auto all = table_of({{"GET", "/metrics"}, {"GET", "/health/live"}, {"GET", "/a/{name}"}});
  for (const auto* path : {"/%6detrics", "/metric%73", "//metrics", "/./metrics", "/metrics/", "/a/../metrics",
                           "/metrics%00", "/health%2Flive", "/health//live", "/HEALTH/live", "metrics", "", "*"})
    CHECK_MESSAGE(found(all, "GET", path) == "404", path);
  CHECK(path_of("/%6detrics") == "/metrics");
}

TEST_CASE("table: a parameter takes what is a value of its kind and nothing else") {
  using router::is_value;
  for (const auto* good : {"a", "%C3%A9", "a.b", "...", "%41", "@me", "a%20b"})
    CHECK_MESSAGE(is_value(value_kind::text, good), good);
  for (const auto* bad : {"", ".", "..", "%2e%2E", "%2e", "a%2Fb", "a%5cb", "%00", "a%0Ab", "%7f", "%", "%4", "%zz",
                          "%ff", "%c0%af", "%ed%a0%80", "a\\b", "\x01"})
    CHECK_MESSAGE(!is_value(value_kind::text, bad), bad);
  CHECK(is_value(value_kind::text, std::string(256, 'a')));
  CHECK(!is_value(value_kind::text, std::string(257, 'a')));
  for (const auto* good : {"0", "7", "18446744073709551615"})
    CHECK_MESSAGE(is_value(value_kind::number, good), good);
  for (const auto* bad : {"", "00", "01", "-1", "+1", " 1", "1 ", "1e3", "%31", "18446744073709551616", "0x1"})
    CHECK_MESSAGE(!is_value(value_kind::number, bad), bad);
  CHECK(!is_value(value_kind::uuid, "0B5E3F3A-1111-4222-8333-123456789ABC"));
  CHECK(!is_value(value_kind::uuid, "0b5e3f3a-1111-4222-8333-123456789ab"));
  CHECK(is_value(value_kind::rest, "a/b%20c"));
  for (const auto* bad : {"", "/", "a//b", "a/", "/a", "a/../b", "a/%2e%2e", "a/%00"})
    CHECK_MESSAGE(!is_value(value_kind::rest, bad), bad);
}

TEST_CASE("table: an overlong path and a long chain of segments find nothing, and cost no more than the table") {
  const auto all = table_of({{"GET", "/{a}/{b}/{c}"}, {"GET", "/files/{path:rest}"}});
  CHECK(found(all, "GET", "/files/" + std::string(3'000, 'a')) == "404");
  std::string deep = "/files";
  while (deep.size() + 2 < all.path_bytes_max())
    deep += "/a";
  CHECK(all.find("GET", deep).what != nullptr);
  CHECK(all.find("GET", deep + "/a/a").what == nullptr);
}

TEST_CASE("table: what no request could tell apart, and what is no path, is refused with its name") {
  const auto fault = [](std::vector<std::pair<const char*, const char*>> all) {
    try {
      table_of(std::move(all));
    } catch (const std::runtime_error& e) {
      return std::string{e.what()};
    }
    return std::string{};
  };
  CHECK(fault({{"GET", "/a/{x}"}, {"GET", "/a/{y}"}}) == "route GET /a/{y}: another route has this method and path");
  CHECK(fault({{"GET", "/a/{x}"}, {"POST", "/a/{x}"}, {"GET", "/a/{x:number}"}}).empty());
  for (const auto* path : {"", "a", "/a/", "/a//b", "/a b", "/%41", "/{x:word}", "/{}", "/{x", "/{r:rest}/a", "/..",
                           "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}"})
    CHECK_MESSAGE(!fault({{"GET", path}}).empty(), path);
  CHECK(!fault({{"get", "/a"}}).empty());
  CHECK_THROWS(router::table{{router::route{.method = "GET", .path = "/a"}}});
}

TEST_CASE("negotiation: the closest range decides, and a quality of 0 refuses") {
  const auto takes = [](const char* accept, const char* type = "application/json; charset=utf-8") {
    return router::accepts({{"accept", accept}}, type);
  };
  CHECK(router::accepts({}, "application/json"));
  for (const auto* accept : {"*/*", "application/json", "Application/JSON", "application/*", "text/html, */*;q=0.1", "",
                             "application/json;q=0.5, */*;q=0", "text/html;level=\"a,b\", application/json", "nonsense",
                             "application/json;q=1.5", "application/*;q=0, application/json"})
    CHECK_MESSAGE(takes(accept), accept);
  for (const auto* accept : {"text/html", "application/json;q=0", "application/json;q=0.000, */*", "*/*;q=0", "text/*",
                             "text/html;level=\"a, application/json\""})
    CHECK_MESSAGE(!takes(accept), accept);
  CHECK(router::accepts({{"Accept", "text/html"}, {"Accept", "application/json"}}, "application/json"));
  CHECK(takes("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
              "text/plain; version=0.0.4"));
}
