#pragma once
// Private to runtime/net: a limit of the total and of each peer's share.
#include "runtime/net/address.hpp"

#include <memory>
#include <mutex>
#include <unordered_map>

namespace arrakis::net {
/// Quota of something that peers hold (connections, bytes), in total and for each peer. Thread-safe.
class quota : public std::enable_shared_from_this<quota> {
public:
  /// Results of a request.
  enum class verdict { granted, peer_full, full };
  quota(size_t all_max, size_t per_peer_max) : all_max_(all_max), per_peer_max_(per_peer_max) {}

  /// One holder's amount, released by the destructor. Without a peer only the total limit applies. Not thread-safe.
  class share {
  public:
    share() = default;
    share(std::shared_ptr<quota> of, std::optional<peer_key> peer) : of_(std::move(of)), peer_(peer) {}
    share(share&& other) noexcept
      : of_(std::move(other.of_)), peer_(other.peer_), amount_(std::exchange(other.amount_, 0)) {}
    share& operator=(share&& other) noexcept;
    ~share() { resize(0); }
    /// Changes the amount. A refused change has no effect. `beyond_all`: ignores the total limit, not that of the
    /// peer.
    verdict resize(size_t amount, bool beyond_all = false);
    size_t amount() const { return amount_; }

  private:
    std::shared_ptr<quota> of_;
    std::optional<peer_key> peer_;
    size_t amount_ = 0;
  };
  size_t all() const;

private:
  verdict change(const std::optional<peer_key>&, size_t from, size_t to, bool beyond_all);

  const size_t all_max_, per_peer_max_;
  mutable std::mutex lock_;
  size_t all_ = 0;
  std::unordered_map<peer_key, size_t, peer_key_hash> by_peer_; // Only of peers that hold something.
};
} // namespace arrakis::net
