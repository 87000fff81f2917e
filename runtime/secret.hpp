#pragma once
#include <string>
#include <utility>

namespace arrakis {
/// Text that must not be printed: it has no formatter, no stream operator and no inspect. Wiped when it ends.
class secret {
public:
  secret() = default;
  explicit secret(std::string text) : text_(std::move(text)) {}
  secret(const secret&) = default;
  secret(secret&&) noexcept = default;
  secret& operator=(const secret&) = default;
  secret& operator=(secret&&) noexcept = default;
  ~secret() {
    volatile char* p = text_.data();
    for (size_t i = 0; i < text_.size(); ++i)
      p[i] = 0;
  }
  /// The only way to the text; each use is a place to look at in a review.
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

private:
  std::string text_;
};
} // namespace arrakis
