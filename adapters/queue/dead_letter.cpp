#include "adapters/queue/dead_letter.hpp"

#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace arrakis::queue {
namespace {
constexpr std::array<std::string_view, 4> personal{"userId", "reason", "content", "permissionOverwrites"};
constexpr std::string_view redacted_text = "[redacted]";
// Reason that BullMQ's moveStalledJobsToWait stores for the next worker.
constexpr std::string_view stalled_too_often = "job stalled more than allowable limit";

// Redacts personal fields; true: at least one. The parser that made the tree bounds its depth.
bool redact(boost::json::value& tree) {
  bool any = false;
  if (auto* list = tree.if_array()) {
    for (auto& item : *list)
      any |= redact(item);
  } else if (auto* object = tree.if_object()) {
    for (auto& [key, value] : *object) {
      if (std::find(personal.begin(), personal.end(), std::string_view{key.data(), key.size()}) == personal.end()) {
        any |= redact(value);
        continue;
      }
      any = true;
      value = boost::json::string_view{redacted_text.data(), redacted_text.size()};
    }
  }
  return any;
}

bool starts_path(std::string_view text, size_t at) {
  if (text.substr(at).starts_with("//"))
    return false; // Part of a URL.
  return text[at] == '/' && (at == 0 || std::string_view{" \t\n'\"(=:[<"}.find(text[at - 1]) != std::string_view::npos);
}

// Splits "CODE: sentence" when the code has the form of one.
std::pair<std::string_view, std::string_view> split(std::string_view reason) {
  if (reason == stalled_too_often)
    return {"STALLED", reason};
  const auto colon = reason.find(": ");
  const auto code = reason.substr(0, colon == std::string_view::npos ? 0 : colon);
  const auto is_code = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  if (code.size() >= 3 && std::all_of(code.begin(), code.end(), is_code))
    return {code, reason.substr(colon + 2)};
  return {"UNKNOWN_ERROR", reason};
}
} // namespace

std::string without_paths(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (!starts_path(text, i)) {
      out.push_back(text[i++]);
      continue;
    }
    const auto end = std::min(text.find_first_of(" \t\n'\"):;,]>", i), text.size());
    const auto path = text.substr(i, end - i);
    out += std::count(path.begin(), path.end(), '/') > 1 ? std::string_view{"[path]"} : path;
    i = end;
  }
  return out;
}

boost::json::object dead_letter(const dead_job& from) {
  boost::json::value payload;
  bool redacted = true; // Data that cannot be parsed cannot be redacted, so it is dropped.
  auto parsed = json::parse(from.data_json);
  if (parsed) {
    payload = std::move(*parsed);
    redacted = redact(payload);
  }
  std::string community;
  if (const auto* object = payload.if_object())
    community = json::text_or(*object, "communityId", json::text_or(*object, "community"));
  const auto [code, message] = split(from.reason);
  boost::json::object made{
    {"jobId", from.id},
    {"jobType", from.name},
    {"payload", std::move(payload)},
    {"redacted", redacted},
    {"error", {{"code", boost::json::string_view{code.data(), code.size()}}, {"message", without_paths(message)}}},
    {"attemptsMade", from.attempts_made},
    {"failedAt", iso8601(from.failed_ms)}};
  if (!community.empty())
    made["communityId"] = community;
  if (!parsed)
    made["payloadError"] = text_of(parsed.error());
  return made;
}

std::optional<std::string> data_of(const boost::json::object& entry) {
  const auto* payload = entry.if_contains("payload");
  if (!payload || json::bool_or(entry, "redacted", true))
    return std::nullopt;
  return boost::json::serialize(*payload);
}
} // namespace arrakis::queue
