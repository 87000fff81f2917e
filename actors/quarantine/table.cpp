#include "actors/quarantine/messages.hpp"

#include <atomic>
#include <map>
#include <mutex>

namespace arrakis::quarantine {

struct table::impl {
  using name = std::pair<std::string, std::string>; ///< Kind and key.
  mutable std::mutex lock;
  std::map<name, quarantines::entry> entries;
  std::atomic<size_t> count{0}; ///< Size of `entries`: nearly always 0, and then no message waits for the lock.
};

table::table() : impl_(std::make_unique<impl>()) {}
table::~table() = default;

std::optional<std::string> table::find(const std::string& kind, const std::string& key) const {
  if (impl_->count.load(std::memory_order_acquire) == 0)
    return std::nullopt;
  const std::lock_guard guard{impl_->lock};
  const auto found = impl_->entries.find({kind, key});
  return found == impl_->entries.end() ? std::nullopt : std::optional{found->second.error};
}

void table::add(const quarantines::entry& e) {
  const std::lock_guard guard{impl_->lock};
  impl_->entries.try_emplace({e.kind, e.key}, e);
  impl_->count.store(impl_->entries.size(), std::memory_order_release);
}

table::change table::replace(std::vector<quarantines::entry> all) {
  change news;
  std::map<impl::name, quarantines::entry> now;
  for (auto& e : all)
    now.try_emplace({e.kind, e.key}, std::move(e));
  const std::lock_guard guard{impl_->lock};
  for (const auto& [name, e] : impl_->entries)
    if (!now.contains(name))
      news.released.push_back(e);
  for (const auto& [name, e] : now)
    if (!impl_->entries.contains(name))
      news.added.push_back(e);
  impl_->entries = std::move(now);
  impl_->count.store(impl_->entries.size(), std::memory_order_release);
  return news;
}

} // namespace arrakis::quarantine
