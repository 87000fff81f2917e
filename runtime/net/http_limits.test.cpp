// Strangers against a listener: what one of them may hold, and what the others still get.
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/net/http_server.hpp"
#include "runtime/net/net_fixture.hpp"

#include <atomic>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <future>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace arrakis;
using namespace arrakis::net;
using namespace arrakis::net::test;

namespace {
constexpr auto hostile = "127.0.0.2", honest = "127.0.0.3";

std::string get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}
std::string half_sent(size_t length, const std::string& headers = "") {
  return fmt::format("POST /a HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n", headers, length);
}

/// Answers all but /keep, whose responders it keeps, so that their connections stay busy.
struct kept {
  inbox<responder> working;
  http_server::handler handler() {
    return [this](http_request request, responder answer) {
      if (request.target == "/keep")
        return working.push(answer);
      answer({200, {}, "served " + request.peer});
    };
  }
};

admission admit(const http_request& head) {
  admission out;
  out.essential = head.target == "/health";
  if (head.method == "POST" && header(head.headers, "X-Key").empty())
    out.answer = http_response{401, {}, "no key"};
  return out;
}

/// One request on a connection of its own.
std::string ask(const http_server& server, const char* from, const std::string& target,
                const std::string& headers = "") {
  auto peer = raw_peer::connect(server.port(), from);
  peer.send(get(target, headers + "Connection: close\r\n"));
  return peer.read();
}

/// `count` connections of `from`, each of which the server has seen: an answer came, and it is idle.
std::vector<raw_peer> idle_peers(const http_server& server, const char* from, size_t count) {
  std::vector<raw_peer> out;
  for (size_t i = 0; i < count; ++i) {
    out.push_back(raw_peer::connect(server.port(), from));
    out.back().send(get("/a"));
    REQUIRE(out.back().read("served").starts_with("HTTP/1.1 200"));
  }
  return out;
}
std::vector<raw_peer> busy_peers(const http_server& server, kept& handlers, const char* from, size_t count,
                                 std::vector<responder>& answers) {
  std::vector<raw_peer> out;
  for (size_t i = 0; i < count; ++i) {
    out.push_back(raw_peer::connect(server.port(), from));
    out.back().send(get("/keep"));
    answers.push_back(*handlers.working.take());
  }
  return out;
}

double counted(const std::string& metric) {
  const auto all = metrics::exposition();
  const auto line = "\n" + metric + " ";
  const auto at = all.find(line);
  return at == all.npos ? 0 : std::stod(all.substr(at + line.size()));
}
double refused(const std::string& reason) { return counted("arrakis_http_refused_total{reason=\"" + reason + "\"}"); }
} // namespace

TEST_CASE("http limits: one address gets its connections and no more; others, and what is essential, are served") {
  kept handlers;
  std::vector<responder> answers;
  io threads;
  http_server server{threads, {.connections_per_peer_max = 3, .admit = admit}, handlers.handler()};
  const auto before = refused("connections_per_address");
  const auto held = busy_peers(server, handlers, hostile, 3, answers);
  const auto refusal = ask(server, hostile, "/a");
  CHECK(refusal.starts_with("HTTP/1.1 429 "));
  CHECK(refusal.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(refused("connections_per_address") == before + 1);
  CHECK(ask(server, hostile, "/health").starts_with("HTTP/1.1 200 "));
  CHECK(ask(server, honest, "/a").ends_with("served 127.0.0.3"));
}

// Negative control: a line for each failure would be as many as the metric counts.
TEST_CASE("http limits: connections that the system does not hand over are counted, and the log says so once a while") {
  static std::atomic<int> lines = 0;
  log::set_sink([](std::string_view line) { lines += line.find("net.accept_failed") != line.npos; });
  io threads;
  kept handlers;
  http_server server{threads, {}, handlers.handler()};
  const auto before = counted("arrakis_http_accept_failures_total");
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit none{0, limit.rlim_max};
  REQUIRE(ask(server, honest, "/a").starts_with("HTTP/1.1 200 "));
  const int spare = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(server.port());
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(spare, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  while (counted("arrakis_http_accept_failures_total") < before + 4)
    std::this_thread::yield();
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::close(spare);
  CHECK(ask(server, honest, "/a").starts_with("HTTP/1.1 200 ")); // The listener recovers by itself.
  log::set_sink(nullptr);
  CHECK(lines == 1);
}

TEST_CASE("http limits: negative control: without the bound one address fills the listener for all") {
  kept handlers;
  std::vector<responder> answers;
  io threads;
  http_server server{threads, {.connections_max = 3, .admit = admit}, handlers.handler()};
  const auto held = busy_peers(server, handlers, hostile, 3, answers);
  CHECK(ask(server, honest, "/a").starts_with("HTTP/1.1 503 "));
}

TEST_CASE("http limits: a connection that ended gives its place back") {
  kept handlers;
  std::vector<responder> answers;
  io threads;
  http_server server{threads, {.connections_per_peer_max = 1}, handlers.handler()};
  auto first = busy_peers(server, handlers, hostile, 1, answers);
  CHECK(ask(server, hostile, "/a").starts_with("HTTP/1.1 429 "));
  first.clear();
  answers.back()({200, {}, "late"});
  std::string answer;
  while (!answer.starts_with("HTTP/1.1 200")) { // Until the server has seen the end.
    answer = ask(server, hostile, "/a");
    REQUIRE(answer.starts_with("HTTP/1.1 "));
  }
}

TEST_CASE("http limits: HEAD hears that there is no room without a body, as RFC 9110 has it of every answer to it") {
  kept handlers;
  std::vector<responder> answers;
  io threads;
  http_server server{threads, {.connections_per_peer_max = 1}, handlers.handler()};
  const auto held = busy_peers(server, handlers, hostile, 1, answers);
  const auto hears = [&](const std::string& method) {
    auto peer = raw_peer::connect(server.port(), hostile);
    peer.send(method + " /a HTTP/1.1\r\nHost: x\r\n\r\n");
    return peer.read();
  };
  const auto head = hears("HEAD");
  CHECK(head.starts_with("HTTP/1.1 429 "));
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(head + "too many connections from your address: close some first\n" == hears("GET"));
}

TEST_CASE("http limits: a full listener closes an idle connection for a newcomer") {
  kept handlers;
  io threads;
  http_server server{threads, {.connections_max = 4}, handlers.handler()};
  auto held = idle_peers(server, hostile, 4);
  const auto before = refused("shed");
  CHECK(ask(server, honest, "/a").ends_with("served 127.0.0.3"));
  CHECK(refused("shed") == before + 1);
  size_t alive = 0;
  for (auto& one : held) {
    one.send(get("/a"));
    alive += one.read("served").starts_with("HTTP/1.1 200");
  }
  CHECK(alive == 3);
}

TEST_CASE(
  "http limits: at connections_max a new connection closes an idle one first, then one with an incomplete request") {
  kept handlers;
  std::vector<responder> answers;
  io threads;
  http_server server{threads, {.connections_max = 4}, handlers.handler()};
  auto busy = busy_peers(server, handlers, hostile, 2, answers);
  auto half = raw_peer::connect(server.port(), hostile);
  half.send(half_sent(10, "Expect: 100-continue\r\n"));
  REQUIRE(half.read("\r\n\r\n").starts_with("HTTP/1.1 100")); // Now it is half sent, as the server sees it.
  auto idle = idle_peers(server, hostile, 1);
  auto first = raw_peer::connect(server.port(), honest);
  first.send(get("/keep"));
  answers.push_back(*handlers.working.take());
  CHECK(idle[0].read().empty());
  auto second = raw_peer::connect(server.port(), honest);
  second.send(get("/keep"));
  answers.push_back(*handlers.working.take());
  CHECK(half.read().empty());
  CHECK(ask(server, honest, "/a").starts_with("HTTP/1.1 503 ")); // All four are busy.
}

// Negative control: while those that were chosen and went on counted as room made, the listener was full for everybody
// until the half-sent requests ended by their time.
TEST_CASE("http limits: a crowd that sends half a line each never fills the listener for the next one") {
  std::promise<void> go_on;
  io threads;
  http_server server{threads, {.connections_max = 64}, [&](http_request request, responder answer) {
                       if (request.target == "/wait")
                         go_on.get_future().wait();
                       answer({200, {}, "served " + request.peer});
                     }};
  auto blocker = raw_peer::connect(server.port(), hostile);
  blocker.send(get("/wait")); // Nobody is looked after before the whole crowd is there.
  std::vector<raw_peer> crowd;
  for (int i = 0; i < 2'000; ++i) {
    crowd.push_back(raw_peer::connect(server.port(), hostile));
    crowd.back().send("GET /he");
  }
  go_on.set_value();
  for (int i = 0; i < 10; ++i)
    CHECK(ask(server, honest, "/a").ends_with("served 127.0.0.3"));
}

// Negative control: with one connection accepted for each turn of all the others, some 10,000 requests come first.
TEST_CASE("http limits: a newcomer is not behind all that a busy crowd has asked for") {
  constexpr int crowd_size = 200, asked = 400;
  std::promise<void> go_on;
  std::atomic<int> served = 0, before = -1;
  io threads;
  http_server server{threads, {}, [&](http_request request, responder answer) {
                       if (request.target == "/wait")
                         go_on.get_future().wait();
                       request.target == "/mine" ? before = served.load() : ++served;
                       answer({200, {}, "served " + request.peer});
                     }};
  auto blocker = raw_peer::connect(server.port(), hostile);
  blocker.send(get("/wait")); // Nobody is accepted before the whole crowd is there.
  std::string pipeline;
  for (int i = 0; i < asked; ++i)
    pipeline += get("/a");
  std::vector<raw_peer> crowd;
  for (int i = 0; i < crowd_size; ++i) {
    crowd.push_back(raw_peer::connect(server.port(), hostile));
    crowd.back().send(pipeline);
  }
  auto mine = raw_peer::connect(server.port(), honest);
  mine.send(get("/mine"));
  go_on.set_value();
  CHECK(mine.read("served").starts_with("HTTP/1.1 200"));
  CHECK(before >= 0);
  CHECK(before < 20 * crowd_size);
}

TEST_CASE("http limits: health is served while others keep every connection busy") {
  kept handlers;
  std::vector<responder> answers;
  io threads;
  http_server server{threads, {.connections_max = 4, .admit = admit}, handlers.handler()};
  const auto before = refused("connections");
  const auto held = busy_peers(server, handlers, hostile, 4, answers);
  CHECK(ask(server, honest, "/a").starts_with("HTTP/1.1 503 "));
  CHECK(refused("connections") == before + 1);
  CHECK(ask(server, honest, "/health").starts_with("HTTP/1.1 200 "));
  std::vector<raw_peer> silent; // More than there are spare places of one address, and of all.
  for (int i = 0; i < 300; ++i)
    silent.push_back(raw_peer::connect(server.port(), fmt::format("127.0.1.{}", i % 20 + 1).c_str()));
  CHECK(ask(server, honest, "/health").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("http limits: negative control: what is not essential is not served on a spare place") {
  kept handlers;
  std::vector<responder> answers;
  io threads;
  http_server server{threads, {.connections_max = 1}, handlers.handler()}; // Nothing is essential here.
  const auto held = busy_peers(server, handlers, hostile, 1, answers);
  CHECK(ask(server, honest, "/health").starts_with("HTTP/1.1 503 "));
}

TEST_CASE("http limits: a request is judged by its head, before its body comes") {
  kept handlers;
  io threads;
  http_server server{threads, {.admit = admit}, handlers.handler()};
  auto peer = raw_peer::connect(server.port());
  peer.send(half_sent(1'000'000)); // And not a byte of it.
  const auto answer = peer.read();
  CHECK(answer.starts_with("HTTP/1.1 401 "));
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  auto keyed = raw_peer::connect(server.port());
  keyed.send(half_sent(5, "X-Key: k\r\n") + "hello" + half_sent(0) + get("/a"));
  const auto all = keyed.read(
    "served 127.0.0.1HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\nno keyHTTP/1.1 200");
  CHECK(all.find("no keyHTTP/1.1 200") != std::string::npos); // Without a body the connection goes on.
}

namespace {
constexpr size_t half_count = 10, half_bytes = 60'000, whole_bytes = 100'000;

/// Ten bodies of 100 kB, of which 60 kB are sent.
std::vector<raw_peer> half_bodies(const http_server& server, const char* from) {
  std::vector<raw_peer> out;
  for (size_t i = 0; i < half_count; ++i) {
    out.push_back(raw_peer::connect(server.port(), from));
    out.back().send(half_sent(whole_bytes, "X-Key: k\r\nConnection: close\r\n") + std::string(half_bytes, 'x'));
  }
  return out;
}

/// Waits until at least `least` of them are answered, and returns an answer.
std::string wait_for_refusals(std::vector<raw_peer>& held, size_t least) {
  std::vector<raw_peer*> silent;
  for (auto& one : held)
    silent.push_back(&one);
  std::string answer;
  for (int round = 0; round < 1'000 && held.size() - silent.size() < least; ++round)
    std::erase_if(silent, [&](auto* one) { return one->is_readable(1ms) && (answer = one->read(), true); });
  CHECK(held.size() - silent.size() >= least);
  return answer;
}
} // namespace

TEST_CASE("http limits: half-sent bodies of one address reach its limit of bytes, and others are served") {
  kept handlers;
  io threads;
  http_server server{threads,
                     {.input_bytes_max = 4 << 20, .input_bytes_per_peer_max = 5 * half_bytes, .admit = admit},
                     handlers.handler()};
  const auto before = refused("input_bytes_per_address");
  auto held = half_bodies(server, hostile);
  CHECK(wait_for_refusals(held, 5).starts_with("HTTP/1.1 429 "));
  CHECK(refused("input_bytes_per_address") >= before + 5);
  auto peer = raw_peer::connect(server.port(), honest);
  peer.send(half_sent(whole_bytes, "X-Key: k\r\nConnection: close\r\n") + std::string(whole_bytes, 'x'));
  CHECK(peer.read().ends_with("served 127.0.0.3"));
}

TEST_CASE("http limits: all unjudged bytes together have a limit, and who came last finds room") {
  kept handlers;
  io threads;
  http_server server{threads, {.input_bytes_max = 5 * half_bytes, .admit = admit}, handlers.handler()};
  const auto before = refused("shed") + refused("input_bytes");
  auto held = half_bodies(server, hostile);
  (void)wait_for_refusals(held, 5);
  CHECK(refused("shed") + refused("input_bytes") >= before + 5);
  auto peer = raw_peer::connect(server.port(), honest);
  peer.send(half_sent(whole_bytes, "X-Key: k\r\nConnection: close\r\n") + std::string(whole_bytes, 'x'));
  CHECK(peer.read().ends_with("served 127.0.0.3"));
  CHECK(ask(server, honest, "/health").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("http limits: a body larger than all that may be held is answered 503") {
  kept handlers;
  io threads;
  http_server server{threads, {.input_bytes_max = half_bytes, .admit = admit}, handlers.handler()};
  auto peer = raw_peer::connect(server.port(), honest);
  peer.send(half_sent(whole_bytes, "X-Key: k\r\n") + std::string(whole_bytes, 'x'));
  const auto answer = peer.read();
  CHECK(answer.starts_with("HTTP/1.1 503 "));
  CHECK(answer.find("Retry-After: 1\r\n") != std::string::npos);
}

TEST_CASE("http limits: negative control: without the limits every half-sent body is kept") {
  kept handlers;
  io threads;
  http_server server{threads, {.admit = admit}, handlers.handler()};
  auto held = half_bodies(server, hostile);
  size_t served = 0;
  for (auto& one : held) {
    one.send(std::string(whole_bytes - half_bytes, 'x'));
    served += one.read().ends_with("served 127.0.0.2");
  }
  CHECK(served == half_count);
}

TEST_CASE("http limits: an answer that its peer does not read is bounded with what that peer holds") {
  io threads;
  http_server server{threads, {.input_bytes_per_peer_max = 64 << 10}, [](http_request request, responder answer) {
                       answer({200, {}, std::string(request.target == "/large" ? 100'000 : 10'000, 'x')});
                     }};
  CHECK(ask(server, hostile, "/large").empty());
  CHECK(ask(server, hostile, "/small").starts_with("HTTP/1.1 200"));
}

TEST_CASE("http limits: only a trusted proxy names its peers, and its own connections are not bounded") {
  kept handlers;
  std::vector<responder> answers;
  io threads;
  http_server server{threads,
                     {.connections_per_peer_max = 2, .trusted_proxies = {*network::parse("127.0.0.1")}, .admit = admit},
                     handlers.handler()};
  const auto by = [&](const std::string& peer) { return "X-Forwarded-For: 1.1.1.1, " + peer + "\r\n"; };
  std::vector<raw_peer> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(raw_peer::connect(server.port()));
    held.back().send(get("/keep", by("9.9.9.9")));
    answers.push_back(*handlers.working.take());
  }
  CHECK(ask(server, "127.0.0.1", "/a", by("9.9.9.9")).starts_with("HTTP/1.1 429 "));
  CHECK(ask(server, "127.0.0.1", "/health", by("9.9.9.9")).starts_with("HTTP/1.1 200 "));
  CHECK(ask(server, "127.0.0.1", "/a", by("8.8.8.8")).ends_with("served 8.8.8.8"));
  CHECK(ask(server, "127.0.0.1", "/a").ends_with("served 127.0.0.1"));
  // A stranger who writes the header himself is who he is.
  CHECK(ask(server, hostile, "/a", by("8.8.8.8")).ends_with("served 127.0.0.2"));
  // One connection of the proxy carries requests of several peers.
  auto pooled = raw_peer::connect(server.port());
  pooled.send(get("/a", by("9.9.9.9")) + get("/a", by("7.7.7.7")) + get("/a"));
  const auto all = pooled.read("served 127.0.0.1");
  CHECK(all.starts_with("HTTP/1.1 429 "));
}

TEST_CASE("http limits: a request behind a proxy counts until it is answered") {
  kept handlers;
  io threads;
  http_server server{
    threads, {.connections_per_peer_max = 1, .trusted_proxies = {*network::parse("127.0.0.0/8")}}, handlers.handler()};
  auto pooled = raw_peer::connect(server.port());
  for (int i = 0; i < 3; ++i) {
    pooled.send(get("/a", "X-Forwarded-For: 9.9.9.9\r\n"));
    CHECK(pooled.read("served 9.9.9.9").starts_with("HTTP/1.1 200"));
  }
}
