#include "apps/demo/ports.hpp"

#include "apps/demo/reminder.hpp"
#include "runtime/net/http_server.hpp"
#include "runtime/net/io.hpp"
#include "tests/support/scratch.hpp"

#include <doctest/doctest.h>
#include <fstream>
#include <memory>
#include <vector>

using namespace arrakis;
using namespace arrakis::demo;
using namespace std::chrono_literals;

TEST_CASE("demo: a port is kept for the next run, unless another program holds it by then") {
  const test::scratch folder{"ports"};
  const auto file = folder / "ports.json";
  net::io io{1};
  auto taken = std::make_unique<net::http_server>(io, net::http_server_options{},
                                                  [](const net::http_request&, const net::responder&) {});
  const auto port = taken->port();
  CHECK(kept_ports{file}.find("discord") == 0);
  CHECK(!kept_ports{file}.is_lost("discord"));
  kept_ports{file}.keep("discord", port);
  CHECK(kept_ports{file}.find("discord") == 0); // Negative control: it is not free.
  CHECK(kept_ports{file}.is_lost("discord"));
  taken->stop();
  taken.reset();
  CHECK(kept_ports{file}.find("discord") == port);
  CHECK(kept_ports{file}.find("chain") == 0);
}

TEST_CASE("demo: a file of ports that holds something else counts as empty") {
  const test::scratch folder{"ports"};
  const auto file = folder / "ports.json";
  for (const auto* text : {"", "[1]", "{\"discord\":-1}", "{\"discord\":65536}", "{\"discord\":\"80\"}"}) {
    std::ofstream{file} << text;
    CHECK(kept_ports{file}.find("discord") == 0);
  }
}

TEST_CASE("demo: the port of an address") {
  CHECK(port_of("http://127.0.0.1:3000") == 3000);
  CHECK(port_of("http://[::1]:3001") == 3001);
  CHECK(port_of("http://127.0.0.1") == 0);
}

TEST_CASE("demo: what is waited for is said every few seconds, and not before") {
  std::vector<std::string> said;
  const auto begun = reminder::clock::time_point{};
  reminder one{[&](const std::string& line) { said.push_back(line); }, begun};
  const auto what = [] { return std::string{"arrakisd: database"}; };
  for (auto now = begun; now < begun + 7s; now += 20ms)
    one.tick(what, now);
  CHECK(
    said
    == std::vector<std::string>{"  waiting for arrakisd: database (3 s)", "  waiting for arrakisd: database (6 s)"});
}
