#pragma once
// Text that must stay secret, from the place where it is read to the library that needs it.
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace arrakis {

/// Overwrites memory in a way that compilers do not remove (OPENSSL_cleanse).
void wipe(void* bytes, size_t count) noexcept;
/// Overwrites the whole buffer of a text that held a secret, also its unused rest, and empties the text.
void wipe(std::string& text) noexcept;

namespace detail {
/// Compares bytes in constant time.
bool equal_bytes(const char* a, const char* b, size_t count) noexcept;

/// Type that cannot carry the text out of `lend`.
template <class T>
concept no_text = !std::is_convertible_v<T, std::string_view> && !std::is_pointer_v<T>;
} // namespace detail

/// A secret text without formatter, stream operator, hash, order and inspect, so that it cannot be printed, serialized
/// or used as a key. It lies in one block of memory (also short ones, which std::string would store inside itself) that
/// is wiped when the secret ends, is moved from (the block moves along) or is assigned. `Allocator` is stateless; a
/// test inspects the memory of its own.
template <class Allocator = std::allocator<char>>
class basic_secret {
public:
  basic_secret() = default;
  basic_secret(std::string_view text) { fill(text); }
  basic_secret(const char* text) : basic_secret(std::string_view{text}) {}
  basic_secret(const std::string& text) : basic_secret(std::string_view{text}) {}
  /// Takes the text and wipes `source`.
  basic_secret(std::string&& source) : basic_secret(std::string_view{source}) { wipe(source); }
  basic_secret(const basic_secret& other) { fill(other.view()); }
  basic_secret(basic_secret&& other) noexcept
    : text_(std::exchange(other.text_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  basic_secret& operator=(const basic_secret& other) { return *this = basic_secret{other}; }
  basic_secret& operator=(basic_secret&& other) noexcept {
    if (this != &other) {
      clear();
      text_ = std::exchange(other.text_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  ~basic_secret() { clear(); }

  bool empty() const { return size_ == 0; }
  void clear() noexcept {
    if (!text_)
      return;
    wipe(text_, size_ + 1);
    Allocator{}.deallocate(text_, size_ + 1);
    text_ = nullptr;
    size_ = 0;
  }

  /// Calls `use` with the plain text, followed by a byte 0, and returns its result, which cannot be the text itself.
  /// Review each use.
  template <class Use>
    requires detail::no_text<std::decay_t<std::invoke_result_t<Use, std::string_view>>>
  auto lend(Use&& use) const {
    return std::forward<Use>(use)(view());
  }

  /// In constant time for texts of one length.
  friend bool operator==(const basic_secret& a, const basic_secret& b) {
    return a.size_ == b.size_ && detail::equal_bytes(a.view().data(), b.view().data(), a.size_);
  }

  /// Concatenates texts and secrets into one secret.
  template <class... Parts>
  static basic_secret concat(const Parts&... parts) {
    basic_secret out;
    out.reserve((view_of(parts).size() + ...));
    char* at = out.text_;
    ((at = append(at, view_of(parts))), ...);
    return out;
  }

private:
  std::string_view view() const { return text_ ? std::string_view{text_, size_} : std::string_view{""}; }
  template <class Part>
  static std::string_view view_of(const Part& part) {
    if constexpr (std::is_same_v<Part, basic_secret>)
      return part.view();
    else
      return part;
  }
  static char* append(char* at, std::string_view text) {
    std::memcpy(at, text.data(), text.size());
    return at + text.size();
  }
  void reserve(size_t size) {
    text_ = Allocator{}.allocate(size + 1);
    size_ = size;
    text_[size] = '\0';
  }
  void fill(std::string_view text) {
    if (text.empty())
      return;
    reserve(text.size());
    append(text_, text);
  }

  char* text_ = nullptr;
  size_t size_ = 0;
};
using secret = basic_secret<>;

} // namespace arrakis
