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

void check_query(model::form& faults, const input_rules& rules, std::string_view target) {
  js::object values;
  const auto take = [&](std::string_view key) {
    if (auto text = net::query_value(target, key); !text.empty())
      values[key] = std::move(text);
  };
  take("limit");
  for (const auto key : rules.query_ids)
    take(key);
  model::form f(values);
  if (rules.limit_max > 0)
    f.integer("limit", 1, static_cast<int64_t>(rules.limit_max));
  for (const auto key : rules.query_ids)
    if (values[key] != "0") // "after=0" is the beginning.
      f.id(key);
  faults.merge(f);
}

void check_body(model::form& faults, bool list, const js::value& body) {
  if (!list && !body.is_object())
    return faults.fault("", "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
  if (!list)
    return;
  const auto* items = body.if_array();
  if (!items)
    return faults.fault("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
  for (size_t i = 0; i < items->size(); ++i)
    if (!(*items)[i].is_object())
      faults.fault(std::to_string(i), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
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

size_t call::limit(size_t otherwise) const {
  const auto text = query("limit");
  size_t value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
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

std::optional<model::refusal> match::missing() const {
  if (what)
    return std::nullopt;
  if (other_method)
    return model::refusal{405, 0, "405: Method Not Allowed", {}};
  return model::unknown("route");
}

std::optional<model::refusal> match::fault(std::string_view target, const js::value* body) const {
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
  check_query(f, what->input, target);
  if (what->method != "GET" && what->method != "DELETE" && (body || what->input.list))
    check_body(f, what->input.list, body ? *body : js::value(nullptr));
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
      if (matches(each.pattern, path, found.ids)) {
        found.other_method = each.method != method;
        if (found.other_method)
          continue;
        found.what = &each;
        return found;
      }
  found.ids.clear();
  return found;
}

reply refuse(const model::refusal& why) { return {why.status, js::value(model::to_json(why))}; }

} // namespace arrakis::sandbox::rest
