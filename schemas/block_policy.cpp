#include "schemas/block_policy.hpp"

#include <charconv>

namespace arrakis {
namespace {

/// A number without sign behind `prefix`.
std::optional<int64_t> depth_behind(std::string_view prefix, std::string_view text) {
  constexpr int64_t depth_max = 100'000;
  if (!text.starts_with(prefix))
    return std::nullopt;
  text.remove_prefix(prefix.size());
  int64_t depth = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), depth);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.starts_with('-');
  return whole && depth <= depth_max ? std::optional{depth} : std::nullopt;
}

} // namespace

std::optional<block_policy> parse_grant_policy(std::string_view text) {
  if (text == "safe")
    return block_policy{block_policy::safe};
  const auto depth = depth_behind("latest-", text);
  return depth ? std::optional{block_policy{block_policy::below_tip, *depth}} : std::nullopt;
}

std::optional<block_policy> parse_revoke_policy(std::string_view text) {
  if (text == "finalized")
    return block_policy{block_policy::finalized};
  const auto depth = depth_behind("depth ", text);
  return depth && *depth > 0 ? std::optional{block_policy{block_policy::below_tip, *depth}} : std::nullopt;
}

} // namespace arrakis
