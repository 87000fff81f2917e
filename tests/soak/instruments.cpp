#include "tests/soak/instruments.hpp"

#include "adapters/embedded/embedded.hpp"
#include "runtime/json.hpp"
#include "tests/system/records.hpp"

#include <boost/json/object.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace arrakis::soak {
namespace {
namespace js = boost::json;
using system_test::test_stack;

/// The answer of a command to arrakisd's Redis, a line for each of its elements.
std::istringstream redis(test_stack& w, const std::vector<std::string>& command) {
  const auto url = embedded::redis_url(w.stack().folder() + "/arrakis");
  const auto output = w.stack().folder() + "/redis-cli.out";
  std::filesystem::remove(output);
  std::vector<std::string> argv{"redis-cli", "-s", url.substr(std::string_view{"unix://"}.size()), "--raw"};
  argv.insert(argv.end(), command.begin(), command.end());
  process child{{argv, {}, {}, {}, output}};
  if (!child.wait(std::chrono::seconds{30}) || child.exit_status() != 0)
    throw std::runtime_error("redis-cli: " + test::content(output));
  return std::istringstream{test::content(output)};
}

int64_t number(test_stack& w, const std::vector<std::string>& command) {
  int64_t value = 0;
  redis(w, command) >> value;
  return value;
}

// Sorts every key into a kind. Answers kind, count, bytes, number without a time to live, four lines for each.
constexpr auto by_kind = R"lua(
local kinds, order = {}, {}
local function kind_of(key)
  if key:match('^wizard:%d+:%d+$') then return 'wizard' end
  if key:match('^interaction:%d+$') then return 'interaction' end
  if key == 'discord:global:budget' then return 'budget' end
  if key:match('^{discord:global:budget}:buckets') or key == '{discord:global:budget}:routes' then return 'buckets' end
  if key:match('^{?discord:') then return 'discord' end
  if key:match('^commands:%d+:sha256$') then return 'commands' end
  local own = key:match('^bull:{discord%-synthesis}:(.+)$') or key:match('^bull:{discord%-roles}:(.+)$')
  local job = own and (own:match('^synth%-(.+)$') or own:match('^role%-(.+)$'))
  if job and not job:match(':') then return 'job' end
  if own and own:match(':lock$') then return 'lock' end
  if job and job:match('^[^:]+:logs$') then return 'log' end
  if own == 'events' or key:match('^bull:{discord%-%l+}%-dlq:events$') then return 'events' end
  if own == 'completed' or own == 'failed' then return 'ended' end
  if own and not job then return 'queue' end
  return key
end
local cursor = '0'
repeat
  local page = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    local kind = kind_of(key)
    local k = kinds[kind]
    if not k then k = {0, 0, 0}; kinds[kind] = k; order[#order + 1] = kind end
    k[1] = k[1] + 1
    k[2] = k[2] + (redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0)
    if redis.call('PTTL', key) == -1 then k[3] = k[3] + 1 end
  end
until cursor == '0'
local out = {}
for _, kind in ipairs(order) do
  local k = kinds[kind]
  out[#out + 1] = kind; out[#out + 1] = k[1]; out[#out + 1] = k[2]; out[#out + 1] = k[3]
end
return out
)lua";

// Members fall free at their score, in milliseconds; what is over lies there until somebody asks again. One member
// never falls free, so that the set does not vanish with the last slot.
constexpr auto held_slots = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZCOUNT', 'discord:global:budget', now, '(+inf')
)lua";

std::map<std::string, keys> keys_by_kind(test_stack& w) {
  std::map<std::string, keys> out;
  auto lines = redis(w, {"EVAL", by_kind, "0"});
  keys k;
  for (std::string kind; lines >> kind >> k.count >> k.bytes >> k.forever;)
    out[kind] = k;
  return out;
}

/// A process that may not be dumped shows its descriptors to root alone; to others the folder's size is their number
/// (proc(5), since Linux 6.2). Before that an ordinary user sees none, and there is nothing to compare.
int64_t files_of(int pid) {
  const auto folder = fmt::format("/proc/{}/fd", pid);
  std::error_code hidden;
  const std::filesystem::directory_iterator all{folder, hidden};
  if (!hidden)
    return std::distance(begin(all), end(all));
  struct stat seen {};
  return ::stat(folder.c_str(), &seen) == 0 ? seen.st_size : 0;
}

/// Resident pages: the second field, proc(5).
int64_t resident_of(int pid) {
  int64_t size = 0, resident = 0;
  std::ifstream{fmt::format("/proc/{}/statm", pid)} >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}
} // namespace

sample measure(test_stack& w) {
  sample s;
  const auto pid = w.stack().arrakis_pid();
  s.rss_bytes = resident_of(pid);
  s.fds = files_of(pid);
  s.redis_keys = number(w, {"DBSIZE"});
  const auto counted = system_test::count_refusals(w);
  s.rate_limited = counted.rate_limited;
  s.invalid = counted.invalid;
  s.rest_requests = json::integer_or(w.stack().sandbox("GET", "statistics").as_object(), "requests");
  return s;
}

rest measure_rest(test_stack& w) {
  rest r;
  r.fds = files_of(w.stack().arrakis_pid());
  r.redis = keys_by_kind(w);
  const std::string queue = "bull:{discord-synthesis}:";
  for (const auto* list : {"wait", "active", "paused"})
    r.jobs_open += number(w, {"LLEN", queue + list});
  for (const auto* set : {"delayed", "prioritized", "waiting-children"})
    r.jobs_open += number(w, {"ZCARD", queue + set});
  if (const auto locks = r.redis.find("lock"); locks != r.redis.end())
    r.jobs_open += locks->second.count;
  r.slots_held = number(w, {"EVAL", held_slots, "0"});
  return r;
}

int64_t interactions_answered(test_stack& w) {
  const auto all = w.stack().sandbox("GET", "statistics");
  const auto* routes = json::object_in(all.as_object(), "answers");
  int64_t sum = 0;
  if (const auto* of = json::object_in(*routes, "POST /interactions/{interaction}/{token}/callback"))
    for (const auto& status : *of)
      sum += status.value().to_number<int64_t>();
  return sum;
}

} // namespace arrakis::soak
