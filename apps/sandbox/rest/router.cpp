#include "apps/sandbox/rest/router.hpp"

#include "apps/sandbox/model/form.hpp"
#include "runtime/net/http.hpp"

#include <charconv>
#include <fmt/format.h>

namespace arrakis::sandbox::rest {
namespace {
/// The next segment of a path that begins with a slash; cuts it off.
std::string_view segment(std::string_view& path) {
  path.remove_prefix(1);
  const auto end = path.find('/');
  const auto part = path.substr(0, end);
  path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  return part;
}

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& ids) {
  ids.clear();
  while (!pattern.empty() && !path.empty()) {
    const auto want = segment(pattern);
    const auto have = segment(path);
    if (want.starts_with('{') && !have.empty()) // "/webhooks/1//messages/2" names no token.
      ids.emplace_back(have);
    else if (want != have)
      return false;
  }
  return pattern.empty() && path.empty();
}
} // namespace

std::vector<const std::vector<route>*> tables() {
  return {&guild_routes(),   &channel_routes(),    &message_routes(),    &thread_routes(),
          &webhook_routes(), &moderation_routes(), &application_routes()};
}

snowflake call::id(size_t index) const {
  return index < ids.size() ? parse_snowflake(ids[index]).value_or(snowflake{}) : snowflake{};
}

const js::object& call::object() const {
  static const js::object nothing;
  return body.is_object() ? body.get_object() : nothing;
}

std::string call::query(std::string_view key) const { return net::query_value(target, key); }

snowflake call::query_id(std::string_view key) const { return parse_snowflake(query(key)).value_or(snowflake{}); }

size_t call::number(std::string_view key, size_t otherwise, size_t max) const {
  const auto text = query(key);
  size_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::clamp<size_t>(value, 1, max);
}

bool call::flag(std::string_view key, bool otherwise) const {
  const auto text = query(key);
  return text.empty() ? otherwise : text == "true" || text == "True" || text == "1";
}

std::string match::name() const { return fmt::format("{} {}", what->method, what->pattern); }

std::string match::major() const {
  if (what->pattern.starts_with("/guilds/{guild}") || what->pattern.starts_with("/channels/{channel}"))
    return ids[0];
  if (what->pattern.starts_with("/webhooks/{webhook}/{token}"))
    return ids[0] + "/" + ids[1];
  return {};
}

std::optional<model::refusal> match::fault() const {
  static const js::object nothing;
  model::form f(nothing);
  auto pattern = what->pattern;
  for (const auto& id : ids) {
    pattern.remove_prefix(pattern.find('{') + 1);
    const auto name = pattern.substr(0, pattern.find('}'));
    const bool free = name == "token" || name == "code" || (name == "emoji" && what->pattern.starts_with("/channels/"));
    if (!free && !id.starts_with('@') && id != "0" && !parse_snowflake(id))
      f.fault(fmt::format("{}_id", name), "NUMBER_TYPE_COERCE", fmt::format("Value \"{}\" is not snowflake.", id));
  }
  return f.clean() ? std::nullopt : std::optional(f.why());
}

match find(std::string_view method, std::string_view path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
  match found;
  if (!path.starts_with('/'))
    return found;
  for (const auto* table : tables())
    for (const auto& each : *table)
      if (each.method == method && matches(each.pattern, path, found.ids)) {
        found.what = &each;
        return found;
      }
  found.ids.clear();
  return found;
}

reply refuse(const model::refusal& why) { return {why.status, js::value(model::to_json(why))}; }

} // namespace arrakis::sandbox::rest
