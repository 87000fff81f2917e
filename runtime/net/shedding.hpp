#pragma once
// Private to runtime/net: which connections a full listener closes for a newcomer, and how much room that makes.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace arrakis::net::shedding {
/// Waiting states of a connection: none (busy), for the next request, for the first one, for the rest of one.
enum class waiting { no, idle, silent, half_sent };

/// New rank of a connection that begins to wait: connections with smaller ranks are closed first.
uint64_t rank_now(waiting);
constexpr uint64_t busy = 0; ///< The rank of what may not be closed.

/// A connection and its rank at the time of the search.
template <class T>
struct candidate {
  uint64_t rank = busy;
  std::shared_ptr<T> one;
};

/// Order in which ranks are closed: the longest idle first, then the longest half-sent. A connection without any bytes
/// counts as idle, but for its first 100 ms it comes last, since its request may be on the way.
uint64_t order_of(uint64_t rank, uint64_t now_ms);
/// Milliseconds of the steady clock.
uint64_t steady_ms();
/// Moves the connections that are closed first to the front, at most `count`; drops the others and busy ones.
template <class T>
void keep_soonest(std::vector<candidate<T>>&, size_t count);

/// Connections chosen to be closed, which are not yet asked whether they still wait. Those that became busy meanwhile
/// stay and free no slot. Thread-safe.
class room {
public:
  /// Number of connections chosen at once, so that a full listener does not search for each new connection; as many
  /// slots may be taken above the limit while they close.
  static constexpr size_t at_once_max = 32;

  /// Results of judge().
  enum class verdict { granted, full, search };
  /// Decides whether a new connection fits. `all`: number of connections, read before the call. `search`: choose others
  /// first.
  verdict judge(size_t all, size_t most) const;
  void choose(size_t count) { chosen_ += count; }
  void asked() { --chosen_; } ///< One was asked, and is closed by now or goes on.

private:
  std::atomic<size_t> chosen_{0};
};

/// Half-sent requests with counted bytes, the longest half-sent first, so that memory for a new one is found without a
/// search over all connections. Thread-safe.
template <class T>
class holders {
public:
  /// Records the bytes of `who` with its rank; 0: no more bytes.
  void note(const std::shared_ptr<T>& who, uint64_t rank, size_t bytes) {
    std::lock_guard hold{lock_};
    if (bytes > 0)
      all_[{rank, who.get()}] = {who, bytes};
    else
      all_.erase({rank, who.get()});
  }
  void forget(const T* who, uint64_t rank) {
    std::lock_guard hold{lock_};
    all_.erase({rank, who});
  }
  /// The first ones that hold `wanted` bytes together, without `newcomer`, at most room::at_once_max; empty: they hold
  /// less.
  std::vector<candidate<T>> first_with(size_t wanted, const T* newcomer) const {
    std::vector<candidate<T>> found; // One that ends with its last owner here needs the lock.
    size_t given = 0;
    {
      std::lock_guard hold{lock_};
      for (auto at = all_.begin(); at != all_.end() && given < wanted && found.size() < room::at_once_max; ++at)
        if (auto alive = at->first.second == newcomer ? nullptr : at->second.who.lock()) {
          given += at->second.bytes;
          found.push_back({at->first.first, std::move(alive)});
        }
    }
    if (given < wanted)
      found.clear();
    return found;
  }

private:
  struct held {
    std::weak_ptr<T> who;
    size_t bytes = 0;
  };
  mutable std::mutex lock_;
  std::map<std::pair<uint64_t, const T*>, held> all_;
};

/// Implements the declaration above.
template <class T>
void keep_soonest(std::vector<candidate<T>>& all, size_t count) {
  const auto now = steady_ms();
  std::erase_if(all, [](const auto& each) { return each.rank == busy; });
  count = std::min(count, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end(),
                    [now](const auto& a, const auto& b) { return order_of(a.rank, now) < order_of(b.rank, now); });
  all.resize(count);
}
} // namespace arrakis::net::shedding
