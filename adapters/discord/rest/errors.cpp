// Texts and details of Discord's errors, and of errors about Discord.
#include "adapters/discord/rest/messages.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>

namespace arrakis::discord {
namespace {
constexpr size_t errors_max = 20, text_bytes_max = 200;

/// Detail of a wait that Cloudflare, not a limit of Discord, demands.
struct upstream_block {
  std::string_view by = "cloudflare";
};

std::string cut(std::string_view text) {
  auto end = std::min(text.size(), text_bytes_max);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end; // Never inside a character.
  return std::string{text.substr(0, end)};
}

/// Each level is a field's name or an index, until `_errors`: [{code, message}].
void walk(const boost::json::object& level, const std::string& path, std::vector<field_error>& into) {
  for (const auto& member : level) {
    if (into.size() >= errors_max)
      return;
    if (const auto* deeper = member.value().if_object())
      walk(*deeper, path.empty() ? std::string{member.key()} : path + '.' + std::string{member.key()}, into);
    const auto* leaves = member.key() == "_errors" ? member.value().if_array() : nullptr;
    for (size_t i = 0; leaves && i < leaves->size() && into.size() < errors_max; ++i)
      if (const auto* leaf = (*leaves)[i].if_object())
        into.push_back({cut(path), cut(json::text_or(*leaf, "code")), cut(json::text_or(*leaf, "message"))});
  }
}
} // namespace

std::vector<field_error> read_field_errors(const boost::json::object& error) {
  std::vector<field_error> list;
  if (const auto* tree = json::object_in(error, "errors"))
    walk(*tree, {}, list);
  return list;
}

std::string summary(const answer& a) {
  auto text = std::to_string(a.status);
  if (!a.message.empty())
    text += ' ' + cut(a.message);
  if (a.code != 0)
    text += " (" + std::to_string(a.code) + ')';
  for (const auto& each : a.errors)
    text += "; " + each.path + ": " + each.message;
  return text;
}

caf::error throttled_error(throttle_wait wait) {
  auto text = std::to_string(wait.left.count()) + " ms: ";
  return wait.blocked
         ? fail(ec::throttled, text + "our requests do not reach Discord", retry_after{wait.left}, upstream_block{})
         : throttle(text + "a limit of Discord", wait.left);
}

std::optional<throttle_wait> throttle_wait_of(const caf::error& e) {
  const auto wait = retry_after_of(e);
  if (code_of(e) != ec::throttled || !wait)
    return std::nullopt;
  return throttle_wait{*wait, detail_of<upstream_block>(e).has_value()};
}

std::string in_minutes(std::chrono::milliseconds wait) {
  const auto minutes = std::chrono::round<std::chrono::minutes>(wait).count();
  return minutes == 0 ? "less than a minute"
       : minutes == 1 ? "about a minute"
                      : "about " + std::to_string(minutes) + " minutes";
}

} // namespace arrakis::discord
