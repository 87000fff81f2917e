#include "tests/system/leaks.hpp"

#include "runtime/base64.hpp"
#include "runtime/net/http.hpp"
#include "tests/support/scratch.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <stdexcept>

namespace arrakis::system_test {
namespace fs = std::filesystem;

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char each : bytes)
    out += fmt::format("{:02x}", each);
  return out;
}

void leaks::add(std::string name, std::string_view text) {
  if (text.size() < 8)
    throw std::runtime_error("a secret to look for is too short: " + name);
  const auto form = [&](std::string_view how, std::string what) {
    const bool known = std::ranges::any_of(forms_, [&](const auto& each) { return each.second == what; });
    if (!known)
      forms_.emplace_back(fmt::format("{} in {}", name, how), std::move(what));
  };
  form("plain", std::string{text});
  auto hex = to_hex(text);
  form("hex", hex);
  std::ranges::transform(hex, hex.begin(), [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  form("HEX", hex);
  for (size_t before = 0; before < 3; ++before) {
    // Only whole groups of the secret's own bytes are the same whatever stands around it.
    auto inner = text.substr((3 - before) % 3);
    auto encoded = base64(inner.substr(0, inner.size() / 3 * 3));
    form("base64", encoded);
    std::ranges::transform(encoded, encoded.begin(), [](char c) { return c == '+' ? '-' : c == '/' ? '_' : c; });
    form("base64url", encoded);
  }
  form("percent", net::percent_encode(text));
  std::string all;
  for (const unsigned char each : text)
    all += fmt::format("%{:02X}", each);
  form("percent", all);
}

std::vector<std::string> leaks::in(std::string_view bytes) const {
  std::vector<std::string> out;
  for (const auto& [says, what] : forms_)
    if (bytes.find(what) != std::string_view::npos)
      out.push_back(says);
  return out;
}

std::vector<std::string> leaks::below(const std::string& folder, const std::vector<std::string>& except) const {
  std::vector<std::string> out;
  for (const auto& file : fs::recursive_directory_iterator{folder}) {
    const auto path = file.path().string();
    const bool left_out = std::ranges::any_of(except, [&](const auto& each) { return path.find(each) != path.npos; });
    if (left_out || !file.is_regular_file())
      continue;
    for (const auto& each : in(test::content(path)))
      out.push_back(path + ": " + each);
  }
  return out;
}
} // namespace arrakis::system_test
