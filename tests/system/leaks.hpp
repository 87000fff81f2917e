#pragma once
// Finds secrets where none may be: each is looked for as it is and in the forms that programs write text in.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrakis::system_test {

/// The secrets to look for.
class leaks {
public:
  /// `text` has at least 8 bytes: less would be found by chance. `name` is what a finding shows instead of it.
  void add(std::string name, std::string_view text);
  /// "bot token in base64" for each secret and form that `bytes` hold. Forms: plain, hex of either case, base64 and
  /// base64url at each of its three alignments, percent-encoded (all bytes, or only those that must be).
  std::vector<std::string> in(std::string_view bytes) const;
  /// The same for every regular file below `folder` but those whose path contains one of `except`; with its name.
  std::vector<std::string> below(const std::string& folder, const std::vector<std::string>& except = {}) const;

private:
  std::vector<std::pair<std::string, std::string>> forms_; ///< The text of a finding, and the bytes to look for.
};

/// Returns two lower-case hex digits for each byte.
std::string to_hex(std::string_view bytes);

} // namespace arrakis::system_test
