#pragma once
// The only parser of JSON from outside. Boost.JSON is the tree, simdjson the parser.
#include "runtime/error.hpp"

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

namespace arrakis::json {
/// Limits for parsing a text from outside.
struct limits {
  size_t bytes_max = 1 << 20; ///< 1 MiB: the payload limit of a job and of a manifest.
  size_t depth_max = 32;      ///< Nested arrays and objects; Discord's deepest interaction has about 12.
};

/// Parses bytes from outside. Refuses (ec::invalid, with the place where it is known): more than `bytes_max`, deeper
/// than `depth_max`, invalid UTF-8, lone surrogates, duplicate keys, numbers that do not fit, trailing bytes.
caf::expected<boost::json::value> parse(std::string_view bytes, limits = {});

/// Compact text in the insertion order of the keys. For canonical bytes see schemas/canonical_json.hpp.
std::string print(const boost::json::value&);

/// Reads the string member `key`. Never throws; ec::invalid names the field.
caf::expected<std::string> string_at(const boost::json::object&, std::string_view key);
caf::expected<int64_t> integer_at(const boost::json::object&, std::string_view key); ///< Reads an integer member alike.
/// Text of the member; `otherwise` when it is absent or of another kind.
std::string_view text_or(const boost::json::object&, std::string_view key, std::string_view otherwise = {});
int64_t integer_or(const boost::json::object&, std::string_view key, int64_t otherwise = 0); ///< Integer, likewise.
bool bool_or(const boost::json::object&, std::string_view key, bool otherwise = false);      ///< Boolean, likewise.
const boost::json::object* object_in(const boost::json::object&, std::string_view key);      ///< Object; null: none.
const boost::json::array* array_in(const boost::json::object&, std::string_view key);        ///< Array; null: none.

} // namespace arrakis::json
