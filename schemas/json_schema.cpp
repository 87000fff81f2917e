#include "schemas/json_schema.hpp"

#include "runtime/utf8.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

namespace arrakis {
namespace {

namespace bj = boost::json;

caf::error check_sizes(const bj::value& value, const json_sizes& most, std::string_view document,
                       const std::string& pointer) {
  const auto count = [&](size_t entries, std::string_view what) {
    return entries <= most.list_entries_max
           ? caf::error{}
           : refuse_field(document, pointer,
                          fmt::format("{} {}; at most {} are allowed", entries, what, most.list_entries_max));
  };
  if (const auto* string = value.if_string(); string != nullptr && string->size() > most.string_bytes_max)
    return refuse_field(
      document, pointer,
      fmt::format("a text of {} bytes; at most {} are allowed", string->size(), most.string_bytes_max));
  if (const auto* array = value.if_array()) {
    if (auto error = count(array->size(), "entries"))
      return error;
    for (size_t i = 0; i < array->size(); ++i)
      if (auto error = check_sizes((*array)[i], most, document, pointer + "/" + std::to_string(i)))
        return error;
  }
  if (const auto* object = value.if_object()) {
    if (auto error = count(object->size(), "members"))
      return error;
    for (const auto& member : *object)
      if (auto error = check_sizes(member.value(), most, document,
                                   pointer + pointer_step({member.key().data(), member.key().size()})))
        return error;
  }
  return {};
}

} // namespace

caf::error refuse_field(std::string_view document, std::string_view pointer, std::string_view what) {
  return fail(ec::invalid, fmt::format("{} {}: {}", document, pointer.empty() ? "/" : pointer, what));
}

std::string pointer_step(std::string_view name) {
  std::string out = "/";
  for (const char c : utf8_head(name, 100))
    out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

caf::error check_json_sizes(const bj::value& value, const json_sizes& most, std::string_view document) {
  return check_sizes(value, most, document, "");
}

struct json_schema::parts {
  bj::value tree;
  valijson::Schema compiled;

  explicit parts(std::string_view text) : tree{bj::parse({text.data(), text.size()})} {
    valijson::SchemaParser{}.populateSchema(valijson::adapters::BoostJsonAdapter{tree}, compiled);
  }

  /// Follows "$ref": "#/definitions/name".
  const bj::object& resolved(const bj::object& node) const {
    const auto* ref = node.if_contains("$ref");
    if (ref == nullptr)
      return node;
    const std::string_view pointer{ref->as_string().data(), ref->as_string().size()};
    const auto name = pointer.substr(pointer.rfind('/') + 1);
    return tree.at("definitions").at({name.data(), name.size()}).as_object();
  }

  /// Returns the description of the place that `steps` lead to in the schema, or the members that an object may have.
  std::string allowed_at(const std::vector<std::string>& steps) const {
    const auto* node = &resolved(tree.as_object());
    for (const auto& name : steps) {
      const auto* properties = node->if_contains("properties");
      const auto* next = properties != nullptr ? properties->as_object().if_contains(name) : node->if_contains("items");
      if (next == nullptr)
        return "remove it";
      node = &resolved(next->as_object());
    }
    if (const auto* properties = node->if_contains("properties")) {
      std::string names;
      for (const auto& member : properties->as_object())
        names.append(names.empty() ? "" : ", ").append(member.key().data(), member.key().size());
      return "an object of " + names;
    }
    const auto* description = node->if_contains("description");
    return description == nullptr ? "see the schema" : std::string{description->as_string().c_str()};
  }
};

json_schema::json_schema(std::string_view text) : parts_{std::make_unique<const parts>(text)} {}
json_schema::~json_schema() = default;

caf::error json_schema::check(const bj::value& value, std::string_view document, std::string_view at) const {
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(parts_->compiled, valijson::adapters::BoostJsonAdapter{value}, &results))
    return {};
  valijson::ValidationResults::Error first;
  if (!results.popError(first))
    return refuse_field(document, at, "does not match the schema");
  std::vector<std::string> steps;
  std::string pointer{at};
  for (size_t i = 1; i < first.context.size(); ++i) { // The first is "<root>", the others are "[name]" or "[index]".
    const auto& bracketed = first.context[i];
    steps.push_back(bracketed.substr(1, bracketed.size() - 2));
    pointer += pointer_step(steps.back());
  }
  return refuse_field(document, pointer, fmt::format("{} Allowed: {}.", first.description, parts_->allowed_at(steps)));
}

} // namespace arrakis
