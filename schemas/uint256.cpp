#include "schemas/uint256.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <fmt/format.h>

namespace arrakis {
namespace {

// Wider than the sum of two values and than any number of 78 digits.
using wide = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<
  320, 320, boost::multiprecision::unsigned_magnitude, boost::multiprecision::unchecked, void>>;
constexpr size_t digits_max = 78; // Of 2^256 - 1.

wide widen(const uint256& x) {
  wide out;
  boost::multiprecision::import_bits(out, x.limbs.begin(), x.limbs.end(), 64, false);
  return out;
}

std::optional<uint256> narrow(const wide& x) {
  if ((x >> 256) != 0)
    return std::nullopt;
  uint256 out;
  for (size_t i = 0; i < out.limbs.size(); ++i)
    out.limbs[i] = static_cast<uint64_t>((x >> static_cast<unsigned>(64 * i)) & ~0ull);
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

std::optional<uint256> checked_add(const uint256& a, const uint256& b) { return narrow(widen(a) + widen(b)); }

std::optional<uint256> parse_uint256(std::string_view digits) {
  if (!all_digits(digits) || digits.size() > digits_max || (digits.size() > 1 && digits.front() == '0'))
    return std::nullopt;
  return narrow(wide{std::string{digits}});
}

std::string to_decimal(const uint256& x) { return widen(x).str(); }

std::optional<uint256> from_word(std::string_view bytes) {
  if (bytes.size() != 32)
    return std::nullopt;
  uint256 out;
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto& limb = out.limbs[3 - i / 8];
    limb = limb << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return out;
}

std::string to_word(const uint256& x) {
  std::string out(32, '\0');
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<char>(x.limbs[3 - i / 8] >> (56 - 8 * (i % 8)) & 0xFF);
  return out;
}

caf::expected<uint256> parse_units(std::string_view text, int decimals) {
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  auto fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  const bool shaped = all_digits(whole) && (whole.size() == 1 || whole.front() != '0')
                   && (point == std::string_view::npos || all_digits(fraction));
  if (!shaped)
    return fail(ec::invalid, "must be a decimal number such as \"1000\" or \"6.9\", without sign, exponent, separators "
                             "or leading zeros");
  while (!fraction.empty() && fraction.back() == '0')
    fraction.remove_suffix(1);
  if (fraction.size() > static_cast<size_t>(decimals))
    return fail(ec::invalid, decimals == 0 ? std::string{"must be a whole number"}
                                           : fmt::format("has {} places after the point; the token has {}: use at most "
                                                         "that many",
                                                         fraction.size(), decimals));
  std::string smallest{whole};
  smallest.append(fraction).append(static_cast<size_t>(decimals) - fraction.size(), '0');
  const auto first = std::min(smallest.find_first_not_of('0'), smallest.size() - 1);
  if (const auto out = parse_uint256(std::string_view{smallest}.substr(first)))
    return *out;
  return fail(ec::invalid, "is more than any balance can be (2^256 - 1 smallest units): check it for extra digits");
}

std::string format_units(const uint256& amount, int decimals) {
  auto digits = to_decimal(amount);
  const auto places = static_cast<size_t>(decimals);
  if (digits.size() <= places)
    digits.insert(0, places + 1 - digits.size(), '0');
  auto out = digits.substr(0, digits.size() - places);
  auto fraction = digits.substr(digits.size() - places);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction.empty() ? out : out + "." + fraction;
}

} // namespace arrakis
