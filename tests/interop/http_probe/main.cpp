// Our HTTP server, which returns each request that it received; for tests/interop/proxies.
//
//   http_probe            {"port":N}, then a line for each request: {"method","target","body","peer"}, the body in hex.
//                         Every answer is 200. It ends with its standard input.
//   http_probe --cases    a line for each case of tests/support/framing_cases.hpp: {"name","bytes"}, the bytes in hex.
#include "runtime/net/http_server.hpp"
#include "runtime/net/io.hpp"
#include "tests/support/framing_cases.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <mutex>
#include <string_view>

using namespace arrakis;
namespace bj = boost::json;

namespace {
void print_line(const bj::object& what) {
  static std::mutex guard;
  std::scoped_lock lock{guard};
  const auto line = bj::serialize(what) + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes)
    out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}
} // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view{argv[1]} == "--cases") {
    for (const auto& one : test::framing_cases())
      print_line({{"name", one.name}, {"bytes", hex(one.bytes)}});
    return 0;
  }
  net::io threads;
  net::http_server server{threads, {}, [](net::http_request request, net::responder answer) {
                            print_line({{"method", request.method},
                                        {"target", hex(request.target)},
                                        {"body", hex(request.body)},
                                        {"peer", request.peer}});
                            answer({200, {}, "ok"});
                          }};
  print_line({{"port", server.port()}});
  while (std::fgetc(stdin) != EOF) {}
  return 0;
}
