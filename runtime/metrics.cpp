#include "runtime/metrics.hpp"

#include "runtime/assert.hpp"
#include "runtime/metric_series.hpp"

#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <variant>

namespace arrakis::metrics {
namespace {
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

struct everything {
  prometheus::Registry registry;
  std::mutex guard;
  std::map<std::string, std::variant<Family<Counter>*, Family<Gauge>*, Family<Histogram>*>, std::less<>> families;
};

everything& all() {
  // Never destroyed: threads may count until the process is gone.
  static auto* one = new everything;
  return *one;
}

template <class Metric, class Builder>
Family<Metric>& family(const char* name, const char* help, Builder builder) {
  auto& here = all();
  const std::lock_guard lock{here.guard};
  auto known = here.families.find(std::string_view{name});
  if (known == here.families.end())
    known = here.families.emplace(name, &builder.Name(name).Help(help).Register(here.registry)).first;
  auto** found = std::get_if<Family<Metric>*>(&known->second);
  ARRAKIS_ASSERT(found, "a metric name is of one kind: counter, gauge or histogram");
  return **found;
}

std::map<std::string, std::string> to_map(labels given) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : given)
    out.emplace(key, value);
  return out;
}

const Histogram::BucketBoundaries& buckets() {
  static const Histogram::BucketBoundaries seconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                   0.5,   1,      2.5,   5,    10,    30,   60};
  return seconds;
}
} // namespace

void count(const char* name, const char* help, double by, labels given) {
  family<Counter>(name, help, prometheus::BuildCounter()).Add(to_map(given)).Increment(by);
}

void set(const char* name, const char* help, double value, labels given) {
  family<Gauge>(name, help, prometheus::BuildGauge()).Add(to_map(given)).Set(value);
}

void observe(const char* name, const char* help, double seconds, labels given) {
  family<Histogram>(name, help, prometheus::BuildHistogram()).Add(to_map(given), buckets()).Observe(seconds);
}

void prepare(const char* name, const char* help, labels given) {
  family<Histogram>(name, help, prometheus::BuildHistogram()).Add(to_map(given), buckets());
}

counter counter_of(const char* name, const char* help, labels given) {
  return counter{&family<Counter>(name, help, prometheus::BuildCounter()).Add(to_map(given))};
}
void counter::add(double by) const { static_cast<Counter*>(series_)->Increment(by); }

histogram histogram_of(const char* name, const char* help, labels given) {
  return histogram{&family<Histogram>(name, help, prometheus::BuildHistogram()).Add(to_map(given), buckets())};
}
void histogram::observe(double seconds) const { static_cast<Histogram*>(series_)->Observe(seconds); }

std::string exposition() { return prometheus::TextSerializer{}.Serialize(all().registry.Collect()); }
} // namespace arrakis::metrics
