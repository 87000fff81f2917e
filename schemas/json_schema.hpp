#pragma once
// Validates JSON from outside against a JSON Schema (draft 7) that is part of the program. The error names the first
// field that does not fit and says what is allowed there: the schema's own "description".
#include "runtime/error.hpp"

#include <boost/json/fwd.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace arrakis {

/// A JSON Schema, prepared for many validations.
class json_schema {
public:
  /// `text`: the schema. "$ref" leads to "#/definitions/<name>". A text that is no schema is a bug of this build: it
  /// throws.
  explicit json_schema(std::string_view text);
  ~json_schema();
  json_schema(const json_schema&) = delete;
  json_schema& operator=(const json_schema&) = delete;

  /// ec::invalid: "<document> <JSON pointer>: <fault> Allowed: <what>." `at` is the pointer of `value` in the document.
  /// `value` has passed check_json_sizes: the validator's regular expressions and uniqueItems know no bound.
  caf::error check(const boost::json::value& value, std::string_view document, std::string_view at = "") const;

private:
  struct parts;
  std::unique_ptr<const parts> parts_;
};

/// Bounds of a JSON document.
struct json_sizes {
  size_t string_bytes_max;
  size_t list_entries_max; ///< Of arrays, and members of objects.
};
/// Checks the bounds. ec::invalid names the JSON pointer of the first text or list that is too long.
caf::error check_json_sizes(const boost::json::value&, const json_sizes&, std::string_view document);

/// Makes the ec::invalid "<document> <pointer>: <what>". The pointer of the whole document is "/".
caf::error refuse_field(std::string_view document, std::string_view pointer, std::string_view what);
/// Returns one step of a JSON pointer (RFC 6901), escaped and cut at 100 bytes.
std::string pointer_step(std::string_view name);

} // namespace arrakis
