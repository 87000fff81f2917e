#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <simdjson.h>

namespace arrakis::json {
namespace {
namespace bj = boost::json;
namespace dom = simdjson::dom;

/// Builds the tree. `why` and `path` (innermost step first) are set when something is refused.
struct builder {
  size_t depth_max;
  std::string why;
  std::vector<std::string> path;

  bool refuse(std::string reason) {
    why = std::move(reason);
    return false;
  }

  /// simdjson turns a lone \udXXX escape into the three bytes of a surrogate, which no UTF-8 text may hold.
  static bool holds_surrogate(std::string_view text) {
    for (size_t at = text.find('\xed'); at != std::string_view::npos; at = text.find('\xed', at + 1))
      if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xa0)
        return true;
    return false;
  }

  bool text(std::string_view from, bj::string& to) {
    if (holds_surrogate(from))
      return refuse("a lone surrogate (\\uD800 to \\uDFFF); send the whole pair or the character itself");
    to.assign(from.data(), from.size());
    return true;
  }

  bool array(dom::array from, bj::array& to, size_t depth) {
    to.reserve(from.size());
    for (dom::element item : from) {
      if (!element(item, to.emplace_back(nullptr), depth)) {
        path.push_back(fmt::format("[{}]", to.size() - 1));
        return false;
      }
    }
    return true;
  }

  bool object(dom::object from, bj::object& to, size_t depth) {
    to.reserve(from.size());
    for (dom::key_value_pair member : from) {
      if (holds_surrogate(member.key))
        return refuse("a key with a lone surrogate");
      const auto [place, added] = to.emplace(bj::string_view{member.key.data(), member.key.size()}, nullptr);
      if (!added) {
        path.push_back(fmt::format(".{}", member.key));
        return refuse("the key appears twice; keep one");
      }
      if (!element(member.value, place->value(), depth)) {
        path.push_back(fmt::format(".{}", member.key));
        return false;
      }
    }
    return true;
  }

  bool element(dom::element from, bj::value& to, size_t depth) {
    switch (from.type()) {
      case dom::element_type::ARRAY:
      case dom::element_type::OBJECT:
        if (depth == depth_max)
          return refuse(fmt::format("nested deeper than {}", depth_max));
        return from.is_array() ? array(from.get_array().value_unsafe(), to.emplace_array(), depth + 1)
                               : object(from.get_object().value_unsafe(), to.emplace_object(), depth + 1);
      case dom::element_type::STRING: return text(from.get_string().value_unsafe(), to.emplace_string());
      case dom::element_type::INT64: to = from.get_int64().value_unsafe(); return true;
      case dom::element_type::UINT64: to = from.get_uint64().value_unsafe(); return true;
      case dom::element_type::DOUBLE: to = from.get_double().value_unsafe(); return true;
      case dom::element_type::BOOL: to = from.get_bool().value_unsafe(); return true;
      case dom::element_type::NULL_VALUE: to = nullptr; return true;
    }
    return refuse("of no known kind");
  }

  std::string place() const {
    std::string out = "$";
    for (auto step = path.rbegin(); step != path.rend(); ++step)
      out += *step;
    return out;
  }
};

std::string_view meaning_of(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR: return "invalid UTF-8";
    case simdjson::EMPTY: return "nothing but white space";
    case simdjson::DEPTH_ERROR: return "nested too deep";
    case simdjson::NUMBER_ERROR: return "a number that is malformed or does not fit; send large ones as strings";
    case simdjson::STRING_ERROR: return "a string with a bad escape or a lone surrogate";
    case simdjson::UNCLOSED_STRING: return "a string without its end";
    case simdjson::UNESCAPED_CHARS: return "a control character in a string that is not escaped";
    case simdjson::TAPE_ERROR: return "a bracket, comma or colon that is missing or too many";
    default: return simdjson::error_message(code);
  }
}
} // namespace

caf::expected<bj::value> parse(std::string_view bytes, limits allowed) {
  if (bytes.size() > allowed.bytes_max)
    return failed<bj::value>(ec::invalid,
                             fmt::format("JSON: {} bytes, at most {} are allowed", bytes.size(), allowed.bytes_max));
  thread_local dom::parser parser;
  dom::element root;
  const char* from = bytes.empty() ? "" : bytes.data(); // An empty view may point nowhere, and simdjson copies from it.
  // The copy has the readable bytes that the parser needs behind the end.
  if (auto error = parser.parse(from, bytes.size(), true).get(root))
    return failed<bj::value>(ec::invalid, fmt::format("JSON: {}", meaning_of(error)));
  builder building{.depth_max = allowed.depth_max};
  bj::value tree;
  if (!building.element(root, tree, 0))
    return failed<bj::value>(ec::invalid, fmt::format("JSON: {}: {}", building.place(), building.why));
  return tree;
}

std::string print(const bj::value& value) { return bj::serialize(value); }

caf::expected<std::string> string_at(const bj::object& object, std::string_view key) {
  const auto* found = object.if_contains({key.data(), key.size()});
  if (!found || !found->is_string())
    return failed<std::string>(ec::invalid,
                               fmt::format("field '{}': {}", key, found ? "must be a string" : "is missing"));
  return std::string{found->get_string()};
}

caf::expected<int64_t> integer_at(const bj::object& object, std::string_view key) {
  const auto* found = object.if_contains({key.data(), key.size()});
  if (!found || !found->is_int64())
    return failed<int64_t>(ec::invalid,
                           fmt::format("field '{}': {}", key, found ? "must be an integer" : "is missing"));
  return found->get_int64();
}

std::string_view text_or(const bj::object& object, std::string_view key, std::string_view otherwise) {
  const auto* found = object.if_contains({key.data(), key.size()});
  return found && found->is_string() ? std::string_view{found->get_string().data(), found->get_string().size()}
                                     : otherwise;
}

int64_t integer_or(const bj::object& object, std::string_view key, int64_t otherwise) {
  const auto* found = object.if_contains({key.data(), key.size()});
  return found && found->is_int64() ? found->get_int64() : otherwise;
}

bool bool_or(const bj::object& object, std::string_view key, bool otherwise) {
  const auto* found = object.if_contains({key.data(), key.size()});
  return found && found->is_bool() ? found->get_bool() : otherwise;
}

const bj::object* object_in(const bj::object& object, std::string_view key) {
  const auto* found = object.if_contains({key.data(), key.size()});
  return found ? found->if_object() : nullptr;
}

const bj::array* array_in(const bj::object& object, std::string_view key) {
  const auto* found = object.if_contains({key.data(), key.size()});
  return found ? found->if_array() : nullptr;
}
} // namespace arrakis::json
