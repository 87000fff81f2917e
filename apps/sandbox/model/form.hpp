#pragma once
// Reads a request body as Discord does: every field is checked, all faults are reported together as code 50035.
#include "apps/sandbox/model/refusal.hpp"
#include "schemas/ids.hpp"

#include <boost/json.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::sandbox::model {

/// Number of Unicode code points, which Discord's length limits count.
size_t length_of(std::string_view utf8);

/// Reads an id as clients send it: text, or a number (discord.py sends numbers). Nothing for anything else.
std::optional<snowflake> id_of(const boost::json::value&);

/// Reader of one request body, which collects its faults.
class form {
public:
  explicit form(const boost::json::object& body) : body_(body) {}
  /// True if the field is present and not null.
  bool has(std::string_view key) const;
  bool is_null(std::string_view key) const;
  /// Reads a field, as those below do; nothing when it is absent, null or invalid (then it is a fault).
  std::optional<std::string> text(std::string_view key, size_t length_min, size_t length_max);
  std::optional<int64_t> integer(std::string_view key, int64_t min, int64_t max);
  std::optional<bool> boolean(std::string_view key);
  std::optional<snowflake> id(std::string_view key);
  /// Reads a permission mask: decimal text, or an integer.
  std::optional<uint64_t> mask(std::string_view key);
  /// Reads an ISO 8601 time with a zone, as Unix milliseconds.
  std::optional<int64_t> time(std::string_view key);
  /// Reads a whole number that must be one of `choices`.
  std::optional<int64_t> choice(std::string_view key, std::initializer_list<int64_t> choices);
  /// Reads a list of ids; an invalid entry is a fault.
  std::optional<std::vector<snowflake>> ids(std::string_view key, size_t size_max);
  const boost::json::array* array(std::string_view key, size_t size_max);
  const boost::json::object* object(std::string_view key);
  void require(std::string_view key);

  /// Records a fault at a dotted path ("components.0.label").
  void fault(std::string_view path, std::string_view code, std::string_view message);
  /// Records that a value at this path must be an object.
  void fault_no_object(std::string_view path);
  /// Adds the faults of another form: of the same object, or of the one at a dotted path.
  void merge(const form& other, std::string_view path = {});
  bool clean() const { return errors_.empty(); }
  refusal why() const { return {400, 50035, "Invalid Form Body", errors_}; }

private:
  const boost::json::value* find(std::string_view key) const;
  boost::json::object& errors_at(std::string_view path);
  const boost::json::object& body_;
  boost::json::object errors_;
};

} // namespace arrakis::sandbox::model
