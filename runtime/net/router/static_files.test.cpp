#include "runtime/net/router/static_files.hpp"
#include "runtime/net/net_fixture.hpp"
#include "runtime/net/router/middleware.hpp"

#include <doctest/doctest.h>

using namespace arrakis::net;
using router::static_files;

namespace {
const std::map<std::string, std::string, std::less<>> page{
  {"index.html", R"(<script type="module" src="app.js"></script>)"}, {"app.js", "import './b.js';"}, {"b.js", "1"}};
}

TEST_CASE("static files: the page names its files by a hash of all of them, and is asked for again") {
  const static_files files{page};
  const auto address = files.address_of("app.js");
  CHECK(address.size() == std::string_view{"/static//app.js"}.size() + 32);
  const auto first = files.page("index.html", {});
  CHECK(first.body == R"(<script type="module" src=")" + address + R"("></script>)");
  CHECK(header(first.headers, "Cache-Control") == "no-cache");
  CHECK(header(first.headers, "Content-Type") == "text/html; charset=utf-8");
  const std::string tag{header(first.headers, "ETag")};
  for (const auto& known : {tag, "W/" + tag, "\"x\", " + tag, std::string{"*"}})
    CHECK(files.page("index.html", {"GET", "/", {{"If-None-Match", known}}, {}, {}}).status == 304);
  CHECK(files.page("index.html", {"GET", "/", {{"If-None-Match", "\"x\""}}, {}, {}}).status == 200);
  auto changed = page; // Any byte of any file: what another file imports may have changed with it.
  changed["b.js"] = "2";
  CHECK(static_files{changed}.address_of("app.js") != address);
}

TEST_CASE("static files: a file is kept for ever; another version, another name and a way out of the folder are 404") {
  const auto files = std::make_shared<const static_files>(page);
  const auto table = std::make_shared<const router::table>(router::static_routes([files] { return files; }));
  arrakis::net::io threads;
  http_client client{threads};
  http_server server{threads, {.admit = router::serve(table, router::standard_chain(table, {}))}, {}};
  const auto ask = [&](const std::string& target, headers with = {}) {
    auto got = test::get(client, test::url_of(server), {"GET", target, std::move(with), {}, {}});
    REQUIRE(got);
    return std::move(*got);
  };
  const auto whole = ask("/"), same = ask("/", {{"If-None-Match", std::string{header(whole.headers, "ETag")}}});
  CHECK(same.status == 304); // A browser takes the headers of this answer over.
  for (const auto* each : {"Content-Security-Policy", "Referrer-Policy", "Cache-Control", "ETag"})
    CHECK(header(same.headers, each) == header(whole.headers, each));
  const auto good = ask(files->address_of("app.js"));
  CHECK(good.body == "import './b.js';");
  CHECK(header(good.headers, "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(header(good.headers, "Content-Type") == "text/javascript; charset=utf-8");
  CHECK(ask("/").body.find(files->address_of("app.js")) != std::string::npos);
  const auto hash = files->address_of("").substr(0, files->address_of("").size() - 1);
  for (const auto& path : {std::string{"/static/0/app.js"}, hash + "/c.js", hash + "/../app.js",
                           hash + "/%2e%2e%2fapp.js", hash + "//app.js", hash + "/app.js%00", std::string{"/app.js"}})
    CHECK_MESSAGE(ask(path).status == 404, path);
}
