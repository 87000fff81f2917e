// Measures router and middleware beside the handler called directly: CPU per request, on one thread, without
// sockets. The method is described in bench/README.md.
//
//   router_bench OUT.json FOR_S ROOT
#include "bench/support/figures.hpp"
#include "runtime/log.hpp"
#include "runtime/net/router/middleware.hpp"

#include <charconv>
#include <fmt/format.h>
#include <stdexcept>

using namespace arrakis;
using namespace arrakis::bench;
namespace router = net::router;

namespace {
constexpr size_t requests_per_round = 200'000;
constexpr size_t rounds_min = 15;

/// The handler that both measurements call: a small answer in JSON.
net::http_response answer(std::string_view member) {
  return net::json_response(200,
                            fmt::format(R"({{"member":"{}","tier":"fremen","badges":["first","second"]}})", member));
}

/// As many routes as an API of some size has.
std::vector<router::route> routes() {
  const router::answer good{200, "A member.", "application/json", "{}"};
  std::vector<router::route> out;
  for (const auto* resource : {"communities", "deployments", "jobs", "chains", "badges", "tiers", "audit", "sessions"})
    for (const auto* path : {"/{}", "/{}/{{id:uuid}}", "/{}/{{id:uuid}}/members",
                             "/{}/{{id:uuid}}/members/{{user:number}}", "/{}/{{id:uuid}}/history/{{version:number}}"})
      out.push_back({.method = "GET",
                     .path = fmt::format(fmt::runtime(path), resource),
                     .answers = {good},
                     .run = [](const router::call& c) {
                       c.respond(answer(c.parameters.empty() ? std::string_view{} : c.parameters.back()));
                     }});
  return out;
}

net::http_request request() {
  return {"GET",
          "/communities/0b5e3f3a-1111-4222-8333-123456789abc/members/80351110224678912",
          {{"Host", "api.example.org"},
           {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
           {"Accept", "application/json, text/plain;q=0.9, */*;q=0.5"},
           {"Accept-Encoding", "gzip, deflate, br"},
           {"X-Forwarded-For", "203.0.113.7"}},
          {},
          "203.0.113.7"};
}

/// CPU of one request in microseconds. `ask` takes a request of its own, as the server gives it away.
template <class F>
double cpu_us(F ask) {
  const auto like = request();
  const stopwatch watch;
  for (size_t i = 0; i < requests_per_round; ++i)
    ask(net::http_request{like});
  return watch.cpu_us() / static_cast<double>(requests_per_round);
}
} // namespace

int main(int argc, char** argv) {
  size_t for_s = 0;
  if (argc == 4)
    std::from_chars(argv[2], argv[2] + std::string_view{argv[2]}.size(), for_s);
  if (for_s == 0) {
    fmt::print(stderr, "usage: router_bench OUT.json FOR_S ROOT\n");
    return 2;
  }
  log::set_level(log::level::info); // As in production: the access log is at debug.
  const auto table = std::make_shared<const router::table>(routes());
  const auto admit = router::serve(table, router::standard_chain(table, {}));
  const net::responder nobody{nullptr};
  size_t handled = 0;
  const auto through = [&](net::http_request one) {
    const auto judged = admit(one);
    if (!judged.handle)
      throw std::runtime_error{"the router refused the request of the bench"};
    judged.handle(std::move(one), nobody);
    ++handled;
  };
  const auto directly = [&](net::http_request one) {
    nobody(answer(std::string_view{one.target}.substr(one.target.rfind('/') + 1)));
    ++handled;
  };
  std::vector<double> ours, peer, overhead;
  const stopwatch watch;
  while (ours.size() < rounds_min || watch.seconds() < static_cast<double>(for_s)) {
    peer.push_back(cpu_us(directly));
    ours.push_back(cpu_us(through));
    overhead.push_back(ours.back() - peer.back());
  }
  write(argv[1],
        {{"router: CPU per request through router and chain", "us", ours, peer, "the handler called directly", {}},
         {"router: CPU per request beyond the handler", "us", overhead, {}, {}, goal{goal::at_most, 1, goal::ours}}});
  return handled > 0 ? 0 : 1;
}
