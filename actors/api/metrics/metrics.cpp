// GET /metrics: https://prometheus.io/docs/instrumenting/exposition_formats/
#include "runtime/metrics.hpp"
#include "actors/api/api.hpp"
#include "runtime/process_metrics.hpp"

namespace arrakis::api::metrics {
namespace {
constexpr std::string_view media_type = "text/plain; version=0.0.4; charset=utf-8";

std::vector<net::router::route> routes(const services&) {
  return {{.method = "GET",
           .path = "/metrics",
           .summary = "Every metric of this process, for Prometheus.",
           .limits = {.essential = true},
           .answers = {{200, "The text format 0.0.4.", media_type, R"({"type":"string"})"}},
           .run = [](const net::router::call& c) {
             arrakis::metrics::update_process();
             c.respond({200, {{"Content-Type", std::string{media_type}}}, arrakis::metrics::exposition()});
           }}};
}
} // namespace

const resource& definition() {
  static const resource self{.name = "metrics", .on = listener::admin_port, .routes = routes};
  return self;
}
} // namespace arrakis::api::metrics
