#include "runtime/net/router/openapi.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <stdexcept>

namespace arrakis::net::router {
namespace {
namespace js = boost::json;

constexpr std::string_view error_schema = R"({
  "type": "object", "required": ["error"],
  "properties": {"error": {
    "type": "object", "required": ["code", "message"],
    "properties": {"code": {"type": "string", "pattern": "^ERR_[A-Z_]+$"}, "message": {"type": "string"}}}}})";

js::value schema_of(const route& r, std::string_view text) {
  if (text.empty())
    return js::object{};
  auto parsed = json::parse(text);
  if (!parsed || !parsed->is_object())
    throw std::runtime_error{fmt::format("route {} {}: a schema is no JSON object", r.method, r.path)};
  return std::move(*parsed);
}

js::object schema_of(value_kind kind) {
  switch (kind) {
    case value_kind::number: return {{"type", "string"}, {"pattern", "^(0|[1-9][0-9]{0,19})$"}};
    case value_kind::uuid: return {{"type", "string"}, {"format", "uuid"}};
    case value_kind::text: return {{"type", "string"}, {"minLength", 1}, {"maxLength", 256}};
    case value_kind::any:
    case value_kind::rest: return {{"type", "string"}, {"minLength", 1}};
  }
  return {};
}

js::array parameters_of(const route& r) {
  js::array out;
  for (const auto& piece : pieces_of(r.path))
    if (piece.kind)
      out.push_back(
        js::object{{"name", piece.text}, {"in", "path"}, {"required", true}, {"schema", schema_of(*piece.kind)}});
  for (const auto& each : r.query)
    out.push_back(js::object{{"name", each.name},
                             {"in", "query"},
                             {"required", each.required},
                             {"description", each.description},
                             {"schema", schema_of(each.kind)}});
  return out;
}

js::object content_of(const route& r, std::string_view media_type, std::string_view schema) {
  if (media_type.empty())
    return {};
  return {{media_type, js::object{{"schema", schema_of(r, schema)}}}};
}

js::object responses_of(const route& r) {
  js::object out;
  for (const auto& each : r.answers) {
    js::object one{{"description", each.description}};
    if (auto content = content_of(r, each.media_type, each.schema); !content.empty())
      one["content"] = std::move(content);
    out[std::to_string(each.status)] = std::move(one);
  }
  out["default"] = js::object{
    {"description", "A refusal."},
    {"content",
     js::object{{"application/json", js::object{{"schema", js::object{{"$ref", "#/components/schemas/Error"}}}}}}}};
  return out;
}

/// "getCommunitiesId": one for each operation.
std::string operation_id(const route& r) {
  std::string out;
  for (const char c : r.method)
    out += static_cast<char>(c + 32);
  bool upper = true;
  for (const auto& piece : pieces_of(r.path))
    for (const char c : "/" + piece.text) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (letter)
        out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      upper = !letter;
    }
  return out;
}

js::object operation_of(const route& r) {
  js::object out{{"operationId", operation_id(r)}, {"summary", r.summary}};
  if (auto parameters = parameters_of(r); !parameters.empty())
    out["parameters"] = std::move(parameters);
  if (r.body)
    out["requestBody"] = js::object{{"required", true}, {"content", content_of(r, r.body->media_type, r.body->schema)}};
  out["responses"] = responses_of(r);
  if (!r.authentication.empty())
    out["security"] = js::array{js::object{{r.authentication, js::array{}}}};
  if (!r.permission.empty())
    out["x-permission"] = r.permission;
  return out;
}

/// Only the methods for which OpenAPI 3.1 has a field.
bool is_describable(std::string_view method) {
  constexpr std::array known{"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"};
  return std::ranges::find(known, method) != known.end();
}
} // namespace

std::string openapi(const std::vector<route>& routes, const std::vector<authenticator>& proofs, const description& of) {
  js::object paths, schemes;
  for (const auto& r : routes) {
    if (!is_describable(r.method))
      continue;
    std::string method;
    for (const char c : r.method)
      method += static_cast<char>(c + 32);
    auto& path = paths[template_of(r.path)];
    if (!path.is_object())
      path = js::object{};
    path.get_object()[method] = operation_of(r);
  }
  for (const auto& each : proofs) {
    auto scheme = json::parse(each.scheme);
    if (!scheme)
      throw std::runtime_error{fmt::format("authentication {}: its scheme is no JSON", each.name)};
    schemes[each.name] = std::move(*scheme);
  }
  js::object components{{"schemas", js::object{{"Error", *json::parse(error_schema)}}}};
  if (!schemes.empty())
    components["securitySchemes"] = std::move(schemes);
  return json::print(js::object{{"openapi", "3.1.0"},
                                {"info", js::object{{"title", of.title}, {"version", of.version}}},
                                {"paths", std::move(paths)},
                                {"components", std::move(components)}});
}

route openapi_route(const std::vector<route>& routes, const std::vector<authenticator>& proofs, const description& of) {
  route out{.method = "GET",
            .path = "/openapi.json",
            .summary = "What is served here, as OpenAPI 3.1.",
            .answers = {{200, "This document.", "application/json", R"({"type":"object","required":["openapi"]})"}}};
  auto all = routes;
  all.push_back(out);
  const auto text = std::make_shared<const std::string>(openapi(all, proofs, of));
  out.run = [text](const call& c) { c.respond(json_response(200, *text)); };
  return out;
}
} // namespace arrakis::net::router
