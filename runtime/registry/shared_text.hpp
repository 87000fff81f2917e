#pragma once
// A short text that one thread writes and any thread reads without a lock: a sequence lock over atomic words.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace arrakis::registry {

/// Text of at most `Bytes` bytes (a multiple of 8), readable while it is written; longer: cut. One writer.
template <size_t Bytes>
class shared_text {
public:
  void write(std::string_view text) {
    std::array<char, Bytes> bytes{};
    std::memcpy(bytes.data(), text.data(), std::min(text.size(), Bytes));
    const auto version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    for (size_t i = 0; i < words_.size(); ++i) {
      uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i * 8, 8);
      words_[i].store(word, std::memory_order_relaxed);
    }
    version_.store(version + 2, std::memory_order_release);
  }
  /// The text; empty if the writer kept changing it during the read.
  std::string read() const {
    std::array<char, Bytes> bytes{};
    for (int attempt = 0; attempt < 64; ++attempt) {
      const auto before = version_.load(std::memory_order_acquire);
      for (size_t i = 0; i < words_.size(); ++i) {
        const auto word = words_[i].load(std::memory_order_relaxed);
        std::memcpy(bytes.data() + i * 8, &word, 8);
      }
      std::atomic_thread_fence(std::memory_order_acquire);
      if (before % 2 == 0 && version_.load(std::memory_order_relaxed) == before)
        return {bytes.data(), static_cast<size_t>(std::find(bytes.begin(), bytes.end(), '\0') - bytes.begin())};
    }
    return {};
  }

private:
  static_assert(Bytes % 8 == 0);
  std::atomic<uint32_t> version_{0};
  std::array<std::atomic<uint64_t>, Bytes / 8> words_{};
};
} // namespace arrakis::registry
