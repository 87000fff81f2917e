#pragma once
// One installation for fault injection: arrakisd with a PostgreSQL, a Redis and a Discord of its own, each behind a
// proxy.
#include "tests/crash/taps.hpp"
#include "tests/support/scratch.hpp"
#include "tests/support/servers.hpp"
#include "tests/system/test_stack.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::crash {

/// kill_and_empty: arrakisd dies with the answer on its way, and Redis is emptied before it starts again.
/// kill_and_click: as killed after, and the admin presses the same button again as soon as somebody answers.
enum class fault {
  kill_before,
  kill_after,
  kill_and_empty,
  lose_answer,
  kill_and_click,
  kill_postgres,
  kill_redis,
  empty_redis,
  disk_full
};
/// All kinds of faults.
constexpr fault all_faults[]{fault::kill_before, fault::kill_after,     fault::kill_and_empty,
                             fault::lose_answer, fault::kill_and_click, fault::kill_postgres,
                             fault::kill_redis,  fault::empty_redis,    fault::disk_full};
/// Returns the name in reports: "killed before".
std::string_view name_of(fault);

/// How far ahead everybody's wall clock is of this machine's.
struct clocks {
  std::chrono::milliseconds arrakisd{0}, discord{0}, postgres{0}, redis{0};
  std::string text() const;
};
/// Returns the clocks of installation `number`: no two servers agree, or arrakisd agrees with none.
const clocks& clocks_of(size_t number);

/// arrakisd and its servers, reached through proxies that inject faults.
class installation {
public:
  /// Starts everything, with short locks so that a dead worker's job goes on soon. Throws what does not start.
  explicit installation(const clocks& = {});
  ~installation();
  installation(const installation&) = delete;
  installation& operator=(const installation&) = delete;

  system_test::test_stack& test_stack() { return *stack_; }
  crash::taps& taps() { return taps_; }

  /// Arms the taps: the fault happens when the point comes.
  void arm(point, fault);
  /// Repairs the damage of the fault: restarts the programs that were killed.
  void mend(fault);
  /// The object store has room again.
  void make_room();
  /// Redis has all scripts that it ever had, so that steps are counted alike in each case.
  void load_scripts();

  /// First field of the first row, as the owner of the tables, past the proxy and row level security. Empty: no row, or
  /// the server is away.
  std::string sql(const std::string& query);
  /// All first fields.
  std::vector<std::string> rows(const std::string& query);
  /// The answer of Redis, past the proxy: text, or a number as text; an array as its elements.
  std::vector<std::string> redis(const std::vector<std::string>& words);

private:
  struct direct; ///< Connections past the proxies.
  test::scratch folder_{"crash"};
  test::postgres_server postgres_;
  test::redis_server redis_;
  scripts scripts_;
  int discord_port_ = 0;
  std::unique_ptr<direct> direct_;
  crash::taps taps_;
  std::optional<system_test::test_stack> stack_;
};

} // namespace arrakis::crash
