#include "runtime/net/http_server.hpp"
#include "runtime/clock.hpp"
#include "runtime/net/http_date.hpp"
#include "runtime/net/net_fixture.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <thread>

using namespace arrakis;
using namespace arrakis::net;
using namespace arrakis::net::test;

namespace {
void echo(http_request request, responder answer) {
  answer({200, {{"X-Method", request.method}, {"X-Peer", request.peer}}, request.target + "|" + request.body});
}
} // namespace

TEST_CASE("http_server: an answer carries what the handler said, and the connection serves the next request") {
  io threads{2};
  http_server server{threads, {}, echo};
  auto peer = raw_peer::connect(server.port());
  peer.send("POST /a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto all = peer.read("/next|");
  CHECK(all.starts_with("HTTP/1.1 200 OK\r\nX-Method: POST\r\nX-Peer: 127.0.0.1\r\nDate: "));
  CHECK(all.find("\r\nContent-Length: 9\r\n\r\n/a?b=1|hi") != std::string::npos);
  CHECK(all.find("X-Method: GET") != std::string::npos);
}

TEST_CASE("http_server: every answer has one Date, also a refusal; the handler's own stays") {
  io threads;
  http_server server{threads, {}, [](http_request request, const responder& respond) {
                       http_response out{200, {}, "x"};
                       if (request.target == "/own")
                         out.headers.emplace_back("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
                       respond(std::move(out));
                     }};
  const auto dates_of = [&](const std::string& line) {
    auto peer = raw_peer::connect(server.port());
    peer.send(line + "Host: x\r\nConnection: close\r\n\r\n");
    const auto all = peer.read();
    std::vector<int64_t> found;
    for (auto at = all.find("\r\nDate: "); at != all.npos; at = all.find("\r\nDate: ", at + 1))
      found.push_back(parse_http_date(all.substr(at + 8, all.find('\r', at + 8) - at - 8)).value_or(-1));
    return found;
  };
  CHECK(dates_of("GET /own HTTP/1.1\r\n") == std::vector<int64_t>{784'111'777});
  for (const auto* line : {"GET / HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n"}) {
    const auto before = wall_ms() / 1'000;
    const auto found = dates_of(line);
    REQUIRE(found.size() == 1);
    CHECK(found[0] >= before);
    CHECK(found[0] <= wall_ms() / 1'000);
  }
}

TEST_CASE("http_server: HEAD has the length and no body") {
  io threads;
  http_server server{threads, {}, echo};
  auto peer = raw_peer::connect(server.port());
  peer.send("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto all = peer.read();
  CHECK(all.find("Content-Length: 3\r\n") != std::string::npos);
  CHECK(all.ends_with("\r\n\r\n"));
}

TEST_CASE("http_server: a body above the limit is answered 413 without being read") {
  io threads;
  http_server server{threads, {.body_bytes_max = 10}, echo};
  auto announced = raw_peer::connect(server.port());
  announced.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n");
  CHECK(announced.read().starts_with("HTTP/1.1 413 "));
  auto chunked = raw_peer::connect(server.port());
  chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n");
  CHECK(chunked.read().starts_with("HTTP/1.1 413 "));
  auto fits = raw_peer::connect(server.port());
  fits.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789");
  CHECK(fits.read().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("http_server: the client still gets its 413 while it goes on sending") {
  io threads;
  http_server server{threads, {.body_bytes_max = 10}, echo};
  auto peer = raw_peer::connect(server.port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + std::string(500'000, 'x'));
  CHECK(peer.read().starts_with("HTTP/1.1 413 "));
}

TEST_CASE("http_server: headers above the limit are answered 431") {
  io threads;
  http_server server{threads, {.header_bytes_max = 1024}, echo};
  auto peer = raw_peer::connect(server.port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(2000, 'a'));
  CHECK(peer.read().starts_with("HTTP/1.1 431 "));
}

TEST_CASE("http_server: what is not HTTP is answered 400") {
  io threads;
  http_server server{threads, {}, echo};
  auto peer = raw_peer::connect(server.port());
  peer.send("hello\r\n\r\n");
  CHECK(peer.read().starts_with("HTTP/1.1 400 "));
}

TEST_CASE("http_server: a request that does not end in time is answered 408") {
  io threads;
  http_server server{threads, {.read = 50ms}, echo};
  auto peer = raw_peer::connect(server.port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123");
  CHECK(peer.read().starts_with("HTTP/1.1 408 "));
  auto silent = raw_peer::connect(server.port());
  CHECK(silent.read().empty()); // A peer that sent nothing gets no answer.
}

TEST_CASE("http_server: an idle connection is closed after its time") {
  io threads;
  http_server server{threads, {.idle = 50ms}, echo};
  auto peer = raw_peer::connect(server.port());
  peer.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.read().ends_with("/x|"));
}

TEST_CASE("http_server: a handler that is silent or forgets the responder is a 503") {
  io threads;
  inbox<responder> kept;
  http_server server{threads, {.answer = 50ms}, [&](http_request request, responder answer) {
                       if (request.target == "/keep")
                         kept.push(answer);
                     }};
  auto peer = raw_peer::connect(server.port());
  peer.send("GET /forget HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.read("try again").starts_with("HTTP/1.1 503 "));
  peer.send("GET /keep HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto late = kept.take();
  CHECK(peer.read().find("HTTP/1.1 503 ") != std::string::npos);
  (*late)(json_response(200, "{}")); // Nobody is there, and nothing happens.
}

TEST_CASE("http_server: the first answer counts, and may come from any thread") {
  io threads;
  http_server server{threads, {}, [](http_request, responder answer) {
                       std::thread{[answer] {
                         answer({201, {}, "one"});
                         answer({202, {}, "two"});
                       }}.join();
                     }};
  auto peer = raw_peer::connect(server.port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto all = peer.read();
  CHECK(all.starts_with("HTTP/1.1 201 Created\r\n"));
  CHECK(all.ends_with("\r\nContent-Length: 3\r\n\r\none"));
}

TEST_CASE("http_server: an answer whose header is forged becomes a 500") {
  io threads;
  http_server server{threads, {}, [](http_request, responder answer) {
                       answer({200, {{"A", "b\r\nSet-Cookie: x"}}, {}});
                     }};
  auto peer = raw_peer::connect(server.port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto all = peer.read();
  CHECK(all.starts_with("HTTP/1.1 500 "));
  CHECK(all.find("Set-Cookie") == std::string::npos);
}

TEST_CASE("http_server: a cut connection ends without an answer") {
  io threads;
  http_server server{threads, {}, [](http_request, responder answer) { answer.cut(); }};
  auto peer = raw_peer::connect(server.port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(peer.read().empty());
}

TEST_CASE("http_server: a port in use is named, with what to do") {
  io threads;
  http_server first{threads, {}, echo};
  CHECK_THROWS_WITH_AS(http_server(threads, {.port = first.port()}, echo),
                       doctest::Contains("is in use by another program"), std::runtime_error);
  CHECK_THROWS_WITH_AS(http_server(threads, {.address = "nowhere"}, echo), doctest::Contains("is no IP address"),
                       std::runtime_error);
}

TEST_CASE("http_server: a Unix socket is private, replaces a dead one, and is gone afterwards") {
  const auto path = "/tmp/arrakis-net-test-" + std::to_string(::getpid()) + ".sock";
  io threads;
  {
    http_server server{threads, {.address = "unix:" + path}, echo};
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    http_client client{threads};
    const auto answer = get(client, "http+unix:" + path, {"GET", "/u", {}, {}, {}});
    REQUIRE(answer);
    CHECK(answer->body == "/u|");
    CHECK(header(answer->headers, "x-peer") == "unix");
    CHECK_THROWS_AS(http_server(threads, {.address = "unix:" + path}, echo), std::runtime_error);
  }
}

TEST_CASE("http_server: stop lets a request in flight end, and takes no new one") {
  io threads{2};
  inbox<responder> working;
  http_server server{threads, {}, [&](http_request, responder answer) { working.push(answer); }};
  auto busy = raw_peer::connect(server.port());
  busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = working.take();
  std::thread stopping{[&] { server.stop(10s); }};
  auto idle = std::string{};
  (*answer)({200, {}, "done"});
  CHECK(busy.read().ends_with("done"));
  busy.close();
  stopping.join();
}
