// The connection over TCP and TLS, with a password: a server with a certificate of an authority made for this test.
#include "adapters/redis/client.hpp"
#include "runtime/net/io.hpp"
#include "tests/support/redis_tls.hpp"
#include "tests/support/scratch.hpp"

#include <doctest/doctest.h>
#include <future>

using namespace arrakis;
using namespace std::chrono_literals;

namespace {
/// `ca`: the file of the authority.
redis::options quick(const std::string& url, const std::string& ca = {}) {
  return {
    .url = secret{url}, .ca = secret{ca.empty() ? "" : test::content(ca)}, .back_off_first = 5ms, .back_off_max = 20ms};
}

caf::expected<redis::reply> ping(const redis::link& to) {
  std::promise<caf::expected<redis::reply>> result;
  auto future = result.get_future();
  to.command({{"PING"}, {}, {}, {std::chrono::steady_clock::now() + 5s}},
             [&](caf::expected<redis::reply> r) { result.set_value(std::move(r)); });
  REQUIRE(future.wait_for(20s) == std::future_status::ready);
  return future.get();
}

// The server may still be starting: asks again while there is nobody at its port.
caf::expected<redis::reply> ping_when_up(const redis::link& to) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  auto result = ping(to);
  while (!result && text_of(result.error()).find("refused") != std::string::npos
         && std::chrono::steady_clock::now() < end)
    result = ping(to);
  return result;
}

bool refused_with(const caf::expected<redis::reply>& r, const std::string& word) {
  if (r)
    return false;
  INFO(text_of(r.error()));
  CHECK(code_of(r.error()) == ec::unavailable);
  return text_of(r.error()).find(word) != std::string::npos;
}
} // namespace

TEST_CASE("redis client: TCP and TLS with a password, and each wrong credential or certificate is refused") {
  test::redis_tls_server server;
  net::io io;
  const auto ca = server.folder + "/ca.pem";
  CHECK(ping_when_up(redis::connect(io, quick(server.tcp(":open%20sesame")))));
  CHECK(ping_when_up(redis::connect(io, quick(server.tls(":open%20sesame"), ca))));
  CHECK(ping_when_up(redis::connect(io, quick(server.tls("app:s3cret"), ca))));
  CHECK(refused_with(ping_when_up(redis::connect(io, quick(server.tcp(":wrong")))), "WRONGPASS"));
  CHECK(refused_with(ping_when_up(redis::connect(io, quick(server.tls("app:wrong"), ca))), "WRONGPASS"));
  CHECK(
    refused_with(ping_when_up(redis::connect(io, quick(server.tls(":open%20sesame"), server.folder + "/other.pem"))),
                 "certificate verify failed"));
  CHECK(
    refused_with(ping_when_up(redis::connect(io, quick(server.tls(":open%20sesame")))), "certificate verify failed"));
  CHECK(refused_with(ping_when_up(redis::connect(io, quick(server.tls(":open%20sesame", "127.0.0.1"), ca))),
                     "certificate verify failed"));
}

TEST_CASE(
  "redis client: a server that asks for certificates takes ours, and the user of its ACL is the one that is set") {
  test::redis_tls_server server{"yes"};
  net::io io;
  const auto options = [&](const std::string& certificate) {
    auto made = quick(server.tls(":s3cret"), server.folder + "/ca.pem");
    made.user = "app"; // The URL has a password alone.
    made.certificate = secret{test::content(server.folder + "/" + certificate + ".pem")};
    made.key = secret{test::content(server.folder + "/" + certificate + ".key")};
    return made;
  };
  const auto link = redis::connect(io, options("client"));
  REQUIRE(ping_when_up(link));
  std::promise<std::string> me;
  link.command({{"ACL", "WHOAMI"}, {}, {}, {std::chrono::steady_clock::now() + 20s}},
               [&](const caf::expected<redis::reply>& r) { me.set_value(r ? r->bytes : text_of(r.error())); });
  CHECK(me.get_future().get() == "app");
  // Negative controls: no certificate, one of another authority, and the default user, who has another password.
  CHECK_FALSE(ping_when_up(redis::connect(io, quick(server.tls("app:s3cret"), server.folder + "/ca.pem"))));
  CHECK_FALSE(ping_when_up(redis::connect(io, options("stranger"))));
  auto nobody = options("client");
  nobody.user.clear();
  CHECK(refused_with(ping_when_up(redis::connect(io, nobody)), "WRONGPASS"));
}

TEST_CASE("redis client: wrong options are refused at once, with their name") {
  net::io io;
  CHECK_THROWS_WITH_AS(redis::connect(io, quick("http://x")), doctest::Contains("scheme"), std::runtime_error);
  auto how = quick("rediss://localhost");
  CHECK_FALSE(redis::check(how));
  const auto fault = [&](redis::options options) { return text_of(redis::check(options)); };
  how.ca = secret{"no certificate"};
  CHECK(fault(how).find("CA certificates") != std::string::npos);
  how = quick("rediss://localhost");
  how.key = secret{"a key alone"};
  CHECK(fault(how).find("certificate") != std::string::npos);
  how.certificate = secret{"none"};
  CHECK(fault(how).find("client certificate") != std::string::npos);
  how = quick("rediss://localhost");
  how.user = "app";
  CHECK(fault(how).find("password") != std::string::npos);
}
