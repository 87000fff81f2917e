#include "tests/soak/judge.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::soak {
namespace {
constexpr double mib = 1 << 20;

void judge_requests(const std::vector<sample>& all, verdict& out) {
  const auto& end = all.back();
  if (end.rate_limited != 0)
    out.faults.push_back(fmt::format("{} requests were answered 429", end.rate_limited));
  if (end.invalid != 0)
    out.faults.push_back(fmt::format("{} requests count as invalid", end.invalid));
  if (end.deployments == 0)
    out.faults.push_back("nothing was deployed");
}

void judge_memory(const std::vector<sample>& all, verdict& out) {
  const auto last = all.back().t_s;
  const auto third = rss_around(all, last / 3), end = rss_around(all, last);
  const auto text = fmt::format("resident memory {:.1f} MiB after a third, {:.1f} MiB at the end, ratio {:.3f}",
                                third / mib, end / mib, end / third);
  if (last < memory_from_s)
    out.notes.push_back(fmt::format("{}; not judged: a run below {} s is all warm-up", text, memory_from_s));
  else if (end > third * growth_max)
    out.faults.push_back(fmt::format("{}, at most {}", text, growth_max));
  else
    out.notes.push_back(text);
}

void judge_kind(const kind_limit& limit, const keys& found, verdict& out) {
  if (found.count > limit.count_max)
    out.faults.push_back(fmt::format("Redis keeps {} keys of kind {}, at most {} are accounted for", found.count,
                                     limit.kind, limit.count_max));
  if (found.bytes > found.count * limit.bytes_each_max)
    out.faults.push_back(fmt::format("Redis keeps {} bytes in {} keys of kind {}, at most {} each", found.bytes,
                                     found.count, limit.kind, limit.bytes_each_max));
  if (limit.expires && found.forever > 0)
    out.faults.push_back(fmt::format("{} keys of kind {} never expire", found.forever, limit.kind));
}

void judge_rest(const rest& before, const rest& after, const deeds& did, verdict& out) {
  if (after.fds > before.fds)
    out.faults.push_back(fmt::format("{} file descriptors before, {} after the drain", before.fds, after.fds));
  if (after.jobs_open > 0)
    out.faults.push_back(fmt::format("{} jobs did not end", after.jobs_open));
  if (after.slots_held > 0)
    out.faults.push_back(fmt::format("{} slots of the budget are still held", after.slots_held));
  const auto limits = kind_limits(did);
  for (const auto& [kind, found] : after.redis) {
    const auto limit = std::find_if(limits.begin(), limits.end(),
                                    [of = kind](const kind_limit& l) { return l.kind == of; });
    if (limit == limits.end())
      out.faults.push_back(fmt::format("Redis keeps {} keys like {}, of which nobody knows", found.count, kind));
    else
      judge_kind(*limit, found, out);
  }
  const auto jobs = after.redis.find("job");
  if (const auto kept = jobs == after.redis.end() ? 0 : jobs->second.count; kept != did.deployments)
    out.faults.push_back(fmt::format("{} deployments, and {} ended jobs", did.deployments, kept));
}
} // namespace

std::vector<kind_limit> kind_limits(const deeds& did) {
  constexpr int64_t queues = 2; // discord-synthesis, discord-roles.
  return {
    {"wizard", did.communities, 16 << 10, true},
    {"interaction", did.interactions, 256, true},
    {"job", did.deployments, 4 << 10, false},
    {"log", did.deployments, 8 << 10, false}, // Of a job that was put off; it goes with its job.
    {"queue", 16 * queues, 64 << 10, false},
    {"ended", 2 * queues, (4 << 10) + 256 * did.deployments, false}, // Sets of the jobs above.
    // Streams of about 10,000 entries (queue::options::events_max), cut by Redis: one a queue, one of its dead letters.
    {"events", 2 * queues, 4 << 20, false},
    {"budget", 1, 8 << 10, true},
    {"buckets", 3, (16 << 10) * (1 + did.communities), true}, // Some 30 buckets of a guild and its channels.
    {"discord", 8, 2 << 10, true}, // The shard's session and lease, its turns to identify, what the gateway said.
    {"commands", 1, 1 << 10, false},
  };
}

double rss_around(const std::vector<sample>& all, double t_s) {
  const auto reach = all.back().t_s / 15;
  std::vector<int64_t> near;
  for (const auto& s : all)
    if (s.t_s >= t_s - reach && s.t_s <= t_s + reach)
      near.push_back(s.rss_bytes);
  if (near.empty())
    return 0;
  const auto middle = near.begin() + static_cast<ptrdiff_t>(near.size() / 2);
  std::nth_element(near.begin(), middle, near.end());
  return static_cast<double>(*middle);
}

verdict judge(const std::vector<sample>& all, const rest& before, const rest& after, const deeds& did) {
  verdict out;
  if (all.empty()) {
    out.faults.push_back("nothing was sampled");
    return out;
  }
  judge_requests(all, out);
  judge_memory(all, out);
  judge_rest(before, after, did, out);
  return out;
}

} // namespace arrakis::soak
