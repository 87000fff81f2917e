#pragma once
// Amounts that a leaf asks for, and what is known of the amounts of a member.
#include "actors/rules/truth.hpp"
#include "runtime/error.hpp"
#include "schemas/uint256.hpp"

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::rules {

/// Half-open range of an amount: from min on, below max. At least one of the two is present, and 0 < min < max.
struct amount_range {
  std::optional<uint256> min, max; ///< In the smallest unit.
  int decimals = 0;
  std::string unit; ///< "SPICE", for people.
};
/// Reads the members "min" and "max" of a leaf at the pointer `at`, in human units.
caf::expected<amount_range> read_range(const boost::json::object& parameters, const std::string& at, int decimals,
                                       std::string unit);
/// Text of an amount, "12.5 SPICE", with the unit escaped for a Discord message.
std::string describe(const uint256& amount, const amount_range&);
/// Text of a range: "at least 100 and less than 200 SPICE".
std::string describe(const amount_range&);

/// Bounds of an amount: it is from `least` to `most`.
struct bounds {
  uint256 least;
  std::optional<uint256> most; ///< Absent: any amount.
  static bounds exactly(const uint256& amount) { return {amount, amount}; }
  static bounds anything() { return {uint256{}, std::nullopt}; }
  bool is_exact() const { return most == least; }
};
/// Bounds of the sum. A sum of more than 256 bits is "2^256 - 1 or more", which is above each max.
bounds operator+(const bounds&, const bounds&);
/// Judges an amount that is known by its bounds; yes or no only if every amount within them gives the same answer.
truth judge(const amount_range&, const bounds&);

/// Modes of combining a member's wallets: the sum of their amounts, or any single one.
enum class over : uint8_t {
  sum, ///< Together: yes as soon as what was read suffices; below min only when all were read.
  any, ///< One of them alone must do.
};
/// Reads the member "wallets" of a leaf; `otherwise` if it is absent.
over read_over(const boost::json::object& parameters, over otherwise = over::sum);

/// Answer of a comparison, with the amount as text.
struct amount_answer {
  truth answer;
  std::string held; ///< "12.5 SPICE in all", "at least 12.5 SPICE (not all could be read)", "12.5 SPICE in one wallet".
};
/// Judges a member whose wallets hold these amounts, in their order.
amount_answer judge(const amount_range&, over, const std::vector<bounds>& held);

} // namespace arrakis::rules
