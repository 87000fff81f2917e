#pragma once
// Discord's error bodies. https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace arrakis::sandbox::model {

/// A refused call: HTTP status, Discord's JSON code, its sentence, and for 50035 the tree of faulty fields.
struct refusal {
  int status = 400;
  int code = 0;
  std::string message;
  boost::json::object errors;
};
/// The error body in Discord's format: {code, message, errors?}.
boost::json::object to_json(const refusal&);

refusal unauthorized();                 ///< 401, code 0
refusal unknown(std::string_view what); ///< 404 with the code of "Guild", "Channel", "Role", "Member", "Message", ...
refusal missing_access();               ///< 403, 50001: the thing exists and the caller may not see it
refusal missing_permissions();          ///< 403, 50013: also broken role hierarchy
refusal direct_refused();               ///< 403, 50003: not in a direct channel
refusal empty_message();                ///< 400, 50006
refusal bad_json();                     ///< 400, 50109
refusal invalid_role();                 ///< 400, 50028

/// The value of a call or its refusal.
template <class T>
class outcome {
public:
  outcome(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  outcome(refusal why) : held_(std::in_place_index<1>, std::move(why)) {}
  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() { return std::get<0>(held_); }
  T* operator->() { return &std::get<0>(held_); }
  const refusal& why() const { return std::get<1>(held_); }

private:
  std::variant<T, refusal> held_;
};
/// The value of a call that has none.
struct done {};

} // namespace arrakis::sandbox::model
