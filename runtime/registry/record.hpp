#pragma once
// The counters of one actor, as registry::spawn and the readers share them. No one else includes this file.
#include "runtime/registry/registry.hpp"
#include "runtime/registry/shared_text.hpp"

#include <algorithm>
#include <atomic>
#include <caf/actor_control_block.hpp>
#include <ctime>
#include <utility>

namespace arrakis::registry::detail {

/// Monotonic time that the kernel advances every 1 to 4 ms; five times cheaper to read than the exact clock.
inline uint64_t coarse_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}
inline uint64_t exact_ns() { ///< Monotonic, exact.
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

/// A kind of actors with its handling times; never freed.
struct kind {
  explicit kind(std::string_view n) : name(n) {}
  const std::string name;
  std::array<std::atomic<uint64_t>, bucket_bounds_us.size() + 1> buckets{};
  std::atomic<uint64_t> sampled_ns{0};
  kind* next = nullptr;
  void took(uint64_t ns);
};

/// The crashes of one child slot. Its memory is used again, and never given back while a reader may read it.
struct incidents {
  std::atomic<uint32_t> count{0};
  std::atomic<int64_t> last_ms{0};
  shared_text<128> error;
  incidents* next_free = nullptr;
};

constexpr size_t key_bytes = 40; ///< Length limit of a key.
enum class life : uint8_t { free, vacant_restarting, vacant_quarantined, starting, alive, ended }; ///< Use of a record.

/// Record of one actor, in two cache lines. The first is written at each message, by its actor and by senders
/// (arrived_*, nonempty_since_ns). The second is written by the owner that takes or releases the record, under
/// `version`. Records are never freed: a reader detects a concurrent change by `version`.
struct alignas(64) record {
  std::atomic<uint32_t> arrived_asleep{0}; ///< Messages that woke the actor; only who has woken it writes.
  std::atomic<uint32_t> arrived_awake{0};  ///< All others.
  std::atomic<uint64_t> handled{0};
  std::atomic<uint64_t> nonempty_since_ns{0};
  std::atomic<uint64_t> sampled_ns{0};
  std::atomic<uint64_t> longest_ns{0};
  /// While the record is free: the address of the next free one.
  std::atomic<uint64_t> tenant{0};
  std::atomic<uint32_t> requests{0};
  std::atomic<uint32_t> actor_id{0}; ///< The lower half.
  std::atomic<uint32_t> version{0};  ///< Odd: being changed.
  std::atomic<life> state{life::free};
  std::atomic<bool> exact{true};
  std::atomic<uint16_t> timers{0}; ///< Of CAF's pending responses: those that are timers.

  std::atomic<node*> where{nullptr};
  std::atomic<kind*> what{nullptr};
  std::atomic<incidents*> crashes{nullptr};
  std::array<std::atomic<uint64_t>, key_bytes / 8> key{};

  /// Messages that arrived, in 32 bits.
  uint32_t arrived() const {
    return arrived_asleep.load(std::memory_order_relaxed) + arrived_awake.load(std::memory_order_relaxed);
  }
  /// A sender has put a message into the mailbox of an actor that slept, which runs no earlier than afterwards.
  void message_wakes() {
    arrived_asleep.store(arrived_asleep.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    nonempty_since_ns.store(coarse_ns(), std::memory_order_relaxed);
  }
  /// A sender puts a message into the mailbox of an actor that may be running.
  void message_arrives() {
    const auto before = arrived_awake.fetch_add(1, std::memory_order_relaxed)
                      + arrived_asleep.load(std::memory_order_relaxed);
    if (before == static_cast<uint32_t>(handled.load(std::memory_order_relaxed)))
      nonempty_since_ns.store(coarse_ns(), std::memory_order_relaxed);
  }
  /// `pending`: the responses that CAF waits for.
  void count_requests(size_t pending) {
    const size_t of_timers = timers.load(std::memory_order_relaxed);
    requests.store(static_cast<uint32_t>(pending - std::min(pending, of_timers)), std::memory_order_relaxed);
  }
};

static_assert(sizeof(record) == 128);

/// Owner of a record; returns it when the actor's memory is freed.
class lease {
public:
  explicit lease(record* r) : record_(r) {}
  lease(lease&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
  lease& operator=(lease&&) = delete;
  ~lease();
  record& operator*() const { return *record_; }
  record* operator->() const { return record_; }

private:
  record* record_;
};

/// Record for an actor that this thread is about to spawn.
lease enroll(const identity&);

/// Record of the actor that runs on this thread now.
inline thread_local record* current = nullptr;

class turn { ///< Sets `current` for one turn of an actor.
public:
  explicit turn(record& r) : outer_(std::exchange(current, &r)) {}
  turn(const turn&) = delete;
  ~turn() { current = outer_; }

private:
  record* outer_;
};

/// Sampling interval: one message in 16 is timed, because a clock read costs more than the rest.
constexpr uint64_t sample_every = 16;

/// Counts a message when its handler ends, also by an exception.
class handling {
public:
  explicit handling(record& r)
    : record_(r),
      handled_(r.handled.load(std::memory_order_relaxed)),
      began_(handled_ % sample_every == 0 ? exact_ns() : 0) {}
  handling(const handling&) = delete;
  ~handling() {
    if (skipped_)
      return;
    if (began_ != 0)
      sample();
    record_.handled.store(handled_ + 1, std::memory_order_relaxed);
  }
  /// Marks the message as skipped: it stays in the mailbox.
  void skip() { skipped_ = true; }

private:
  void sample() const;
  record& record_;
  uint64_t handled_, began_;
  bool skipped_ = false;
};
} // namespace arrakis::registry::detail
