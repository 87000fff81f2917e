#include "runtime/net/quota.hpp"

namespace arrakis::net {
quota::share& quota::share::operator=(share&& other) noexcept {
  resize(0);
  of_ = std::move(other.of_);
  peer_ = other.peer_;
  amount_ = std::exchange(other.amount_, 0);
  return *this;
}

quota::verdict quota::share::resize(size_t amount, bool beyond_all) {
  if (!of_ || amount == amount_)
    return verdict::granted;
  const auto judged = of_->change(peer_, amount_, amount, beyond_all);
  if (judged == verdict::granted)
    amount_ = amount;
  return judged;
}

size_t quota::all() const {
  std::lock_guard hold{lock_};
  return all_;
}

quota::verdict quota::change(const std::optional<peer_key>& peer, size_t from, size_t to, bool beyond_all) {
  std::lock_guard hold{lock_};
  if (to > from) {
    const auto more = to - from;
    if (peer) {
      const auto found = by_peer_.find(*peer);
      const auto held = found == by_peer_.end() ? 0 : found->second;
      if (held > per_peer_max_ || more > per_peer_max_ - held)
        return verdict::peer_full;
    }
    if (!beyond_all && (all_ > all_max_ || more > all_max_ - all_))
      return verdict::full;
  }
  all_ += to - from; // Unsigned arithmetic: a smaller `to` subtracts.
  if (peer) {
    auto& held = by_peer_[*peer];
    held += to - from;
    if (held == 0)
      by_peer_.erase(*peer);
  }
  return verdict::granted;
}
} // namespace arrakis::net
