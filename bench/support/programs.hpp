#pragma once
// Shared code of the benches of whole programs: a stack of the release preset's programs.
#include "apps/demo/local_stack.hpp"
#include "tests/support/scratch.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace arrakis::bench {

/// The arguments OUT.json FOR_S ROOT, as bench/run passes them.
struct arguments {
  std::string out, root;
  size_t for_s = 0;
  static std::optional<arguments> read(int argc, char** argv) {
    arguments a;
    if (argc != 4)
      return std::nullopt;
    const std::string_view number = argv[2];
    if (std::from_chars(number.data(), number.data() + number.size(), a.for_s).ec != std::errc{})
      return std::nullopt;
    a.out = argv[1];
    a.root = argv[3];
    return a;
  }
};

/// A stack whose sandbox has no limits, in a folder that arrakisd can enter after it gave up root. Rules count the
/// native coin, so no chain is asked, and the RPC address needs no server.
class place {
public:
  explicit place(const std::string& root, std::vector<std::string> environment = {}) {
    std::filesystem::permissions(folder_.path(), std::filesystem::perms{0755});
    environment.emplace_back("ARRAKIS_CHAINS_RPC_SANDBOX=http://127.0.0.1:9");
    environment.emplace_back(fmt::format("ARRAKIS_DISCORD_BUDGET_PER_SECOND={}", budget_per_second));
    environment.emplace_back("ARRAKIS_RUNTIME_WORKERS=1");
    demo::local_stack_options o;
    o.folder = folder_ / "t";
    o.programs = root + "/build/release";
    o.environment = std::move(environment);
    o.discord_limits = false;
    stack_.emplace(std::move(o));
    stack_->start_discord();
  }
  demo::local_stack& stack() { return *stack_; }
  std::string folder() const { return folder_.path(); }

  /// Far above the measured rates: each call takes its slot, and the limit is never reached.
  static constexpr int budget_per_second = 5'000;

private:
  test::scratch folder_{"bench"};
  std::optional<demo::local_stack> stack_;
};

/// Returns the p-quantile of the values.
inline double quantile(std::vector<double> of, double p) {
  if (of.empty())
    throw std::runtime_error("a quantile of nothing");
  std::sort(of.begin(), of.end());
  const auto at = static_cast<size_t>(p * static_cast<double>(of.size()));
  return of[std::min(at, of.size() - 1)];
}

} // namespace arrakis::bench
