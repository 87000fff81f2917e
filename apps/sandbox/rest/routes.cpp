#include "apps/sandbox/rest/routes.hpp"

#include "apps/sandbox/model/form.hpp"
#include "runtime/net/http.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::sandbox::rest {
namespace {
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
    return faults.fault_no_object("");
  if (!list)
    return;
  const auto* items = body.if_array();
  if (!items)
    return faults.fault("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
  for (size_t i = 0; i < items->size(); ++i)
    if (!(*items)[i].is_object())
      faults.fault_no_object(std::to_string(i));
}

constexpr std::array<std::string_view, 3> prefixes{"/api/v10", "/api/v9", "/api"};
/// Above what the API refuses by itself with 40005.
constexpr size_t body_bytes_max = 32 << 20;
constexpr size_t path_bytes_max = 16 << 10; // As much as a listener reads of a head.

known_route read_pattern(const route& r) {
  const std::string pattern{r.pattern};
  known_route out{r, fmt::format("{} {}", r.method, net::router::template_of(pattern)), {}, {}};
  for (const auto& piece : net::router::pieces_of(pattern)) {
    out.router_path += piece.kind ? fmt::format("/{{{}:any}}", piece.text) : "/" + piece.text;
    if (piece.kind)
      out.ids.push_back(piece.kind == net::router::value_kind::any ? std::string{} : piece.text);
  }
  return out;
}
} // namespace

const std::vector<known_route>& all_routes() {
  static const std::vector<known_route> all = [] {
    std::vector<known_route> out;
    for (const auto* table : {&guild_routes(), &channel_routes(), &message_routes(), &thread_routes(),
                              &webhook_routes(), &moderation_routes(), &application_routes()})
      for (const auto& each : *table)
        out.push_back(read_pattern(each));
    return out;
  }();
  return all;
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

std::string match::major() const {
  const auto pattern = what->pattern;
  if (pattern.starts_with("/guilds/{guild}") || pattern.starts_with("/channels/{channel}"))
    return ids[0];
  if (pattern.starts_with("/webhooks/{webhook}/{token:any}"))
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
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto& name = what->ids[i];
    if (!name.empty() && !ids[i].starts_with('@') && ids[i] != "0" && !parse_snowflake(ids[i]))
      f.fault(fmt::format("{}_id", name), "NUMBER_TYPE_COERCE", fmt::format("Value \"{}\" is not snowflake.", ids[i]));
  }
  check_query(f, what->input, target);
  if (what->method != "GET" && what->method != "DELETE" && (body || what->input.list))
    check_body(f, what->input.list, body ? *body : js::value(nullptr));
  return f.clean() ? std::nullopt : std::optional(f.why());
}

std::shared_ptr<const net::router::table> make_table(std::function<void(match, net::router::call)> run) {
  std::vector<net::router::route> out;
  for (const auto prefix : prefixes)
    for (const auto& each : all_routes())
      out.push_back({.method = each.method,
                     .path = std::string{prefix} + each.router_path,
                     .limits = {.body_bytes_max = body_bytes_max},
                     .run = [run, &each](net::router::call c) {
                       match found{.what = &each, .ids = c.parameters};
                       run(std::move(found), std::move(c));
                     }});
  net::router::fallback otherwise{{.body_bytes_max = body_bytes_max}, [run](net::router::call c) {
                                    match none{.other_method = c.path_exists};
                                    run(std::move(none), std::move(c));
                                  }};
  // As Discord has it: it answers no HEAD, and its clients write "@me" as "%40me".
  return std::make_shared<const net::router::table>(
    std::move(out),
    net::router::table_options{
      .otherwise = std::move(otherwise), .head = false, .path_bytes_max = path_bytes_max, .loose = true});
}

match find(const net::router::table& in, std::string_view method, std::string_view path) {
  const auto whole = fmt::format("{}{}", prefixes[0], path);
  const auto got = in.find(method, whole);
  match found{.other_method = got.path_exists};
  if (got.what == in.otherwise())
    return found;
  // The routes of the first prefix stand first.
  found = {.what = &all_routes()[static_cast<size_t>(got.what - in.routes().data())]};
  for (size_t i = 0; i < got.count; ++i)
    found.ids.push_back(net::percent_decode(got.values[i]));
  return found;
}

reply refuse(const model::refusal& why) { return {why.status, js::value(model::to_json(why))}; }

} // namespace arrakis::sandbox::rest
