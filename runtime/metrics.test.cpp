#include "runtime/metrics.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

namespace {
bool exposed(std::string_view line) { return metrics::exposition().find(line) != std::string::npos; }
} // namespace

TEST_CASE("metrics: counters, gauges and histograms appear in the text exposition") {
  metrics::count("arrakis_test_events_total", "Events of the test.", 1, {{"kind", "a"}});
  metrics::count("arrakis_test_events_total", "Events of the test.", 2, {{"kind", "a"}});
  metrics::count("arrakis_test_events_total", "Events of the test.", 1, {{"kind", "b"}});
  metrics::set("arrakis_test_level", "A level.", 2.5);
  metrics::observe("arrakis_test_wait_seconds", "A wait.", 0.02);
  CHECK(exposed("# HELP arrakis_test_events_total Events of the test.\n# TYPE arrakis_test_events_total counter\n"));
  CHECK(exposed("arrakis_test_events_total{kind=\"a\"} 3\n"));
  CHECK(exposed("arrakis_test_events_total{kind=\"b\"} 1\n"));
  CHECK(exposed("arrakis_test_level 2.5\n"));
  CHECK(exposed("arrakis_test_wait_seconds_bucket{le=\"0.01\"} 0\n"));
  CHECK(exposed("arrakis_test_wait_seconds_bucket{le=\"0.025\"} 1\n"));
  CHECK(exposed("arrakis_test_wait_seconds_count 1\n"));
}
