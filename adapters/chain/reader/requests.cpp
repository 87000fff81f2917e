#include "adapters/chain/reader/requests.hpp"

#include "runtime/metrics.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::chain::reader {
namespace {
constexpr std::chrono::milliseconds sweep{50}; // How often requests whose time has passed are looked for.
} // namespace

void finish(chain_state& st, std::map<uint64_t, request>::iterator at) {
  auto done = std::move(at->second);
  st.requests.erase(at);
  std::vector<outcome> out;
  for (const auto& question : done.questions) {
    const auto found = done.of->questions.find(question);
    if (found != done.of->questions.end() && found->second.result)
      out.push_back(*found->second.result);
    else
      out.emplace_back(not_known(fmt::format("{} did not answer in time", st.terms.name)));
  }
  const auto unknown = std::count_if(out.begin(), out.end(), [](const auto& x) { return x.index() == 1; });
  metrics::count("arrakis_chain_values_total", "Values of chains that were read for rules.",
                 static_cast<double>(out.size()) - static_cast<double>(unknown),
                 {{"chain", st.terms.id}, {"result", "known"}});
  metrics::count("arrakis_chain_values_total", "Values of chains that were read for rules.",
                 static_cast<double>(unknown), {{"chain", st.terms.id}, {"result", "unknown"}});
  done.deliver(std::move(out));
}

void resolve(self_pointer self, const epoch_ptr& of, const chain_read& question, outcome result) {
  auto& st = self->state;
  auto& asked = of->questions[question];
  if (asked.result)
    return;
  // Nobody joins what could not be read: the next request tries again, on another block.
  if (std::holds_alternative<unknown_reason>(result) && st.current[of->takes] == of)
    st.current[of->takes].reset();
  asked.result = std::move(result);
  for (const auto id : std::exchange(asked.requests, {}))
    if (const auto waiting = st.requests.find(id); waiting != st.requests.end() && --waiting->second.missing == 0)
      finish(st, waiting);
}

flow<> end_late_requests(self_pointer self) {
  auto& st = self->state;
  while (!st.requests.empty()) {
    co_await nap(self, sweep);
    for (auto at = st.requests.begin(); at != st.requests.end();) {
      const auto here = at++;
      if (here->second.until.passed(self->clock().now()))
        finish(st, here);
    }
  }
  st.sweeps = false;
}

} // namespace arrakis::chain::reader
