#include "adapters/embedded/server.hpp"

#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <sstream>

namespace arrakis::embedded {
namespace {
constexpr std::chrono::milliseconds wait_first{100}, wait_max{5'000};
/// A server that ran for so long and then died is no start that fails again and again.
constexpr std::chrono::milliseconds settled{30'000};
constexpr size_t log_shown = 1'500;
} // namespace

std::string server::log_end() const {
  std::ifstream in(how_.program.output, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  auto all = out.str();
  return all.size() <= log_shown ? all : all.substr(all.size() - log_shown);
}

server::server(server_options how) : how_(std::move(how)) {
  const auto end = std::chrono::steady_clock::now() + how_.patience;
  child_.emplace(how_.program);
  started_ = std::chrono::steady_clock::now();
  while (!how_.answers()) {
    // After a crash PostgreSQL refuses to start while processes of the earlier run still end: try again until then.
    if (!child_->running())
      child_.emplace(how_.program);
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error(fmt::format("{} did not answer within {} s; the end of its log:\n{}", how_.name,
                                           how_.patience.count() / 1000, log_end()));
    ::poll(nullptr, 0, 20);
  }
}

server::~server() {
  if (child_)
    child_->stop(how_.end_signal, std::chrono::seconds{20});
}

void server::tend() {
  const auto now = std::chrono::steady_clock::now();
  if (child_ && child_->running())
    return;
  if (child_) {
    log::error("embedded_server_died", {{"server", how_.name}, {"status", child_->exit_status().value_or(-1)}});
    metrics::count("arrakis_embedded_restarts_total", "Embedded servers that died and were started again.", 1, {{"server", how_.name}});
    wait_ = now - started_ > settled ? wait_first : std::min(wait_ * 2, wait_max);
    child_.reset();
    next_ = now + wait_;
  }
  if (now < next_)
    return;
  child_.emplace(how_.program);
  started_ = now;
}

} // namespace arrakis::embedded
