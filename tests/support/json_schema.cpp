#include "tests/support/json_schema.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <stdexcept>

namespace arrakis::test {
namespace js = boost::json;
namespace {

bool is_of_type(std::string_view type, const js::value& what) {
  const std::map<std::string_view, bool> known{{"object", what.is_object()},
                                               {"array", what.is_array()},
                                               {"string", what.is_string()},
                                               {"boolean", what.is_bool()},
                                               {"null", what.is_null()},
                                               {"number", what.is_number()},
                                               {"integer", what.is_int64() || what.is_uint64()}};
  return known.at(type);
}

/// RFC 3339 in UTC, as we write it: 2026-11-30T16:40:24.123Z.
bool is_date_time(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  if (text.size() <= form.size() || !text.ends_with('Z'))
    return false;
  for (size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
      return false;
  return true;
}

bool is_error_code(std::string_view text) {
  constexpr std::string_view begin = "ERR_";
  return text.size() > begin.size() && text.starts_with(begin)
      && text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == text.npos;
}

struct check {
  const js::value& document;

  std::string operator()(const js::object& schema, const js::value& what, const std::string& at) const {
    for (const auto& [keyword, means] : schema) {
      const auto found = rules().find(keyword);
      if (found == rules().end())
        throw std::runtime_error{fmt::format("tests/support/json_schema knows no \"{}\"", std::string_view{keyword})};
      if (auto bad = found->second(*this, schema, means, what, at); !bad.empty())
        return bad;
    }
    return {};
  }

  using rule = std::function<std::string(const check&, const js::object& schema, const js::value& means,
                                         const js::value& what, const std::string& at)>;
  static const std::map<std::string_view, rule>& rules();
};

std::string each_property(const check& of, const js::object& schema, const js::value&, const js::value& what,
                          const std::string& at) {
  if (!what.is_object())
    return {};
  const auto* properties = schema.if_contains("properties");
  const auto* others = schema.if_contains("additionalProperties");
  for (const auto& [name, value] : what.get_object()) {
    const auto place = at + "/" + std::string{name};
    const auto* one = properties ? properties->as_object().if_contains(name) : nullptr;
    if (!one && others && others->is_bool() && !others->get_bool())
      return place + " is not described";
    if (const auto* by = one ? one : others; by && by->is_object())
      if (auto bad = of(by->get_object(), value, place); !bad.empty())
        return bad;
  }
  return {};
}

std::string each_item(const check& of, const js::object&, const js::value& means, const js::value& what,
                      const std::string& at) {
  if (what.is_array())
    for (const auto& one : what.get_array())
      if (auto bad = of(means.as_object(), one, at + "/*"); !bad.empty())
        return bad;
  return {};
}

std::string required(const check&, const js::object&, const js::value& means, const js::value& what,
                     const std::string& at) {
  if (what.is_object())
    for (const auto& name : means.as_array())
      if (!what.get_object().contains(name.as_string()))
        return fmt::format("{}/{} is missing", at, std::string_view{name.as_string()});
  return {};
}

const std::map<std::string_view, check::rule>& check::rules() {
  const auto says_nothing = [](auto&&...) { return std::string{}; };
  static const std::map<std::string_view, rule> all{
    {"description", says_nothing},
    {"required", required},
    {"properties", each_property},
    {"additionalProperties", each_property},
    {"items", each_item},
    {"$ref",
     [](const check& of, const auto&, const auto& means, const auto& what, const auto& at) {
       return of(of.document.at_pointer(std::string_view{means.as_string()}.substr(1)).as_object(), what, at);
     }},
    {"type",
     [](const check&, const auto&, const auto& means, const auto& what, const auto& at) {
       const std::string_view type{means.as_string()};
       return is_of_type(type, what) ? "" : fmt::format("{} is no {}", at, type);
     }},
    {"enum",
     [](const check&, const auto&, const auto& means, const auto& what, const auto& at) {
       return std::ranges::find(means.as_array(), what) != means.as_array().end() ? "" : at + " is none of its values";
     }},
    {"minLength",
     [](const check&, const auto&, const auto& means, const auto& what, const auto& at) {
       return !what.is_string() || what.get_string().size() >= means.template to_number<size_t>() ? ""
                                                                                                  : at + " is short";
     }},
    {"pattern",
     [](const check&, const auto&, const auto& means, const auto& what, const auto& at) {
       if (means.as_string() != "^ERR_[A-Z_]+$")
         throw std::runtime_error{fmt::format("tests/support/json_schema knows no pattern {}", js::serialize(means))};
       return !what.is_string() || is_error_code(what.get_string()) ? std::string{} : at + " has another form";
     }},
    {"format", [](const check&, const auto&, const auto& means, const auto& what, const auto& at) {
       if (means.as_string() != "date-time")
         throw std::runtime_error{fmt::format("tests/support/json_schema knows no format {}", js::serialize(means))};
       return !what.is_string() || is_date_time(what.get_string()) ? std::string{} : at + " is no date-time";
     }}};
  return all;
}
} // namespace

std::string schema_fault(const js::value& schema, const js::value& what, const js::value& document) {
  return check{document}(schema.as_object(), what, "");
}
} // namespace arrakis::test
