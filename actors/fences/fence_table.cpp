#include "actors/fences/messages.hpp"

#include <algorithm>
#include <caf/actor_clock.hpp>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace arrakis::fences {
namespace {
/// One subject that changed at some time. Those without an entry never did.
struct fence {
  bool active = true;
  int64_t refused = -1; ///< An effect that began under this one or a smaller one is refused.

  bool allows(int64_t began_under) const { return active && began_under > refused; }
};

/// A freeze and a thaw each raise the fence, so of an active subject every smaller one is old, also where no reading
/// saw the freeze.
fence fence_of(const fence_log::entry& e) {
  const bool active = e.status == "active";
  return {active, active ? e.fence - 1 : e.fence};
}

using by_subject = std::unordered_map<std::string, fence>;

bool allows(const by_subject& fences, const std::string& subject, int64_t began_under) {
  const auto found = fences.find(subject);
  return found == fences.end() || found->second.allows(began_under);
}
} // namespace

struct fence_table::impl {
  struct lease {
    int64_t run = 0;
    instant until{};
  };
  const caf::actor_clock& clock;
  const bool guards;
  mutable std::mutex lock;
  fence global;
  by_subject communities;
  by_subject users;
  std::unordered_map<std::string, lease> leases;
  std::optional<instant> read_at;

  impl(const caf::actor_clock& c, bool on) : clock(c), guards(on) {}

  /// With `lock` held.
  bool is_known() const { return read_at && clock.now() - *read_at <= max_age; }
  void take(const fence_log::entry& e) {
    switch (e.scope) {
      case fence_log::scope::global: global = fence_of(e); break;
      case fence_log::scope::community: communities[e.subject] = fence_of(e); break;
      case fence_log::scope::user: users[e.subject] = fence_of(e); break;
    }
  }
};

fence_table::fence_table(const caf::actor_clock& clock, bool guards) : impl_(std::make_unique<impl>(clock, guards)) {}
fence_table::~fence_table() = default;

verdict fence_table::judge(const effect& what) const {
  if (!impl_->guards)
    return verdict::allowed;
  const std::lock_guard guard{impl_->lock};
  if (!impl_->is_known())
    return verdict::not_known;
  if (!impl_->global.allows(what.as_of))
    return verdict::all_frozen;
  if (!fences::allows(impl_->communities, what.community.value, what.fence))
    return verdict::community_frozen;
  if (what.user && !fences::allows(impl_->users, what.user.text(), what.as_of))
    return verdict::user_frozen;
  return verdict::allowed;
}

bool fence_table::is_known() const {
  const std::lock_guard guard{impl_->lock};
  return impl_->is_known();
}

void fence_table::apply(const std::vector<fence_log::entry>& newer) {
  const std::lock_guard guard{impl_->lock};
  for (const auto& e : newer)
    impl_->take(e);
}

void fence_table::replace(const std::vector<fence_log::entry>& all) {
  const std::lock_guard guard{impl_->lock};
  impl_->global = {};
  impl_->communities.clear();
  impl_->users.clear();
  for (const auto& e : all)
    impl_->take(e);
}

void fence_table::set_read(instant began) {
  const std::lock_guard guard{impl_->lock};
  impl_->read_at = began;
}

void fence_table::set_lease(const std::string& deployment, int64_t run, instant until) {
  const std::lock_guard guard{impl_->lock};
  auto& lease = impl_->leases[deployment];
  if (run >= lease.run)
    lease = {run, until};
  const auto now = impl_->clock.now();
  std::erase_if(impl_->leases, [&](const auto& entry) { return entry.second.until <= now; });
}

void fence_table::release_lease(const std::string& deployment, int64_t run) {
  const std::lock_guard guard{impl_->lock};
  const auto found = impl_->leases.find(deployment);
  if (found != impl_->leases.end() && found->second.run == run)
    impl_->leases.erase(found);
}

bool fence_table::has_lease(const std::string& deployment, int64_t run) const {
  const std::lock_guard guard{impl_->lock};
  const auto found = impl_->leases.find(deployment);
  return found != impl_->leases.end() && found->second.run == run && impl_->clock.now() < found->second.until;
}

} // namespace arrakis::fences
