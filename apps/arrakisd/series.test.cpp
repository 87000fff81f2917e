#include "apps/arrakisd/series.hpp"

#include "runtime/metrics.hpp"
#include "runtime/process_metrics.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/source_file.hpp"

#include <doctest/doctest.h>
#include <set>
#include <sstream>

using namespace arrakis;

namespace {
/// Of schemas/golden/metrics.txt.
std::set<std::string> listed() {
  std::istringstream lines{test::content(test::source_file("schemas/golden/metrics.txt"))};
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("#"))
      names.insert(line.substr(0, line.find(' ')));
  return names;
}
/// The listed names without a sample.
std::set<std::string> missing() {
  const auto text = "\n" + metrics::exposition();
  std::set<std::string> names;
  for (const auto& name : listed())
    if (text.find("\n" + name + " ") == text.npos && text.find("\n" + name + "{") == text.npos
        && text.find("\n" + name + "_count") == text.npos)
      names.insert(name);
  return names;
}
} // namespace

TEST_CASE("series: every listed metric is there from the start, but those whose labels nobody knows before") {
  const auto settings = config::load("", {{"ARRAKIS_CHAINS_RPC_BASE", "https://rpc.example.org"}});
  REQUIRE(settings);
  const auto before = missing().size();
  CHECK(before > 40); // Negative control: nothing else in this program makes them.
  series::begin_at_zero(*settings);
  metrics::update_process();
  CHECK(missing()
        == std::set<std::string>{
          "arrakis_build_info",                   // main() sets it: it knows the version.
          "arrakis_http_request_seconds",         // One for each route, from the start of its listener.
          "arrakis_postgres_transaction_seconds", // One for each transaction's name.
          "arrakis_runtime_child_crashes_total",  // One for each child that crashed.
          "http_requests_total",                  // As arrakis_http_request_seconds.
        });
}

TEST_CASE("series: what begins at zero keeps what was counted before") {
  const auto settings = config::load("", {});
  REQUIRE(settings);
  metrics::count("discord_rate_limit_errors", "Answers 429 of Discord.", 3);
  series::begin_at_zero(*settings);
  CHECK(metrics::exposition().find("discord_rate_limit_errors 3") != std::string::npos);
}
