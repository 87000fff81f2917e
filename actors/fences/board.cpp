#include "actors/fences/messages.hpp"

#include <algorithm>
#include <caf/actor_clock.hpp>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace arrakis::fences {

struct board::impl {
  struct tenant {
    bool active = true;
    int64_t fence = 0; ///< The highest that is refused: of the last time that it was not active.
  };
  struct lease {
    int64_t run = 0;
    instant until{};
  };
  const caf::actor_clock& clock;
  const bool guards;
  mutable std::mutex lock;
  std::unordered_map<std::string, tenant> tenants; ///< Those that are not active, or were not at some time.
  std::unordered_map<std::string, lease> leases;
  std::optional<instant> read_at;

  impl(const caf::actor_clock& c, bool on) : clock(c), guards(on) {}
};

board::board(const caf::actor_clock& clock, bool guards) : impl_(std::make_unique<impl>(clock, guards)) {}
board::~board() = default;

bool board::ready() const {
  const std::lock_guard guard{impl_->lock};
  return impl_->read_at && impl_->clock.now() - *impl_->read_at <= fresh;
}

bool board::allows(const community_id& who, int64_t fence) const {
  if (!impl_->guards)
    return true;
  if (!ready())
    return false;
  const std::lock_guard guard{impl_->lock};
  const auto found = impl_->tenants.find(who.value);
  // A freeze and a thaw each raise the fence: an effect that began before them is older than what was seen in between.
  return found == impl_->tenants.end() || (found->second.active && fence > found->second.fence);
}

std::vector<communities::fence_entry> board::replace(std::vector<communities::fence_entry> fenced, instant began) {
  std::vector<communities::fence_entry> news;
  const std::lock_guard guard{impl_->lock};
  impl_->read_at = began;
  std::unordered_map<std::string, const communities::fence_entry*> now;
  for (const auto& row : fenced)
    now.emplace(row.id.value, &row);
  for (auto& [id, known] : impl_->tenants)
    if (!known.active && !now.contains(id)) {
      known.active = true;
      news.push_back({{id}, {}, "active", known.fence + 1});
    }
  for (const auto& row : fenced) {
    auto& known = impl_->tenants[row.id.value];
    const bool active = row.status == "active";
    // Of a thawed tenant the fence before its own is the last refused one, also where no reading saw the freeze.
    const auto refused = active ? row.fence - 1 : row.fence;
    if (known.active != active || refused > known.fence)
      news.push_back(row);
    known.active = active;
    known.fence = std::max(known.fence, refused);
  }
  return news;
}

void board::note(const communities::fence_entry& hint) {
  if (hint.status == "active")
    return;
  const std::lock_guard guard{impl_->lock};
  auto& known = impl_->tenants[hint.id.value];
  if (hint.fence < known.fence)
    return;
  known.active = false;
  known.fence = hint.fence;
}

void board::hold(const std::string& deployment, int64_t run, instant until) {
  const std::lock_guard guard{impl_->lock};
  auto& lease = impl_->leases[deployment];
  if (run >= lease.run)
    lease = {run, until};
  const auto now = impl_->clock.now();
  std::erase_if(impl_->leases, [&](const auto& entry) { return entry.second.until <= now; });
}

void board::let_go(const std::string& deployment, int64_t run) {
  const std::lock_guard guard{impl_->lock};
  const auto found = impl_->leases.find(deployment);
  if (found != impl_->leases.end() && found->second.run == run)
    impl_->leases.erase(found);
}

bool board::holds(const std::string& deployment, int64_t run) const {
  const std::lock_guard guard{impl_->lock};
  const auto found = impl_->leases.find(deployment);
  return found != impl_->leases.end() && found->second.run == run && impl_->clock.now() < found->second.until;
}

} // namespace arrakis::fences
