#include "actors/jobs/messages.hpp"
#include "runtime/json.hpp"
#include "schemas/ids.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::jobs {
namespace {

std::string_view word(field::type is) {
  switch (is) {
    case field::text: return "a text";
    case field::uuid: return "a UUID other than nil";
    case field::snowflake: return "a snowflake as a text";
    case field::positive: return "a positive integer";
  }
  return "";
}

bool holds(const boost::json::object& data, const field& f) {
  switch (f.is) {
    case field::text: return !json::text_or(data, f.name).empty();
    case field::uuid: return parse_community_id(json::text_or(data, f.name)).has_value();
    case field::snowflake: return parse_snowflake(json::text_or(data, f.name)).has_value();
    case field::positive: return json::integer_or(data, f.name) > 0;
  }
  return false;
}

} // namespace

caf::error check_payload(const job_terms& of, std::string_view data_json) {
  if (of.payload.empty())
    return {};
  const auto tree = json::parse(data_json);
  if (!tree)
    return fail(ec::invalid, fmt::format("data of {}: {}", of.name, text_of(tree.error())));
  const auto* data = tree->if_object();
  if (data == nullptr)
    return fail(ec::invalid, fmt::format("data of {}: must be an object", of.name));
  for (const auto& f : of.payload) {
    const bool absent = !data->contains(f.name);
    if (absent ? f.required : !holds(*data, f))
      return fail(ec::invalid, fmt::format("data of {}: field '{}' must be {}", of.name, f.name, word(f.is)));
  }
  return {};
}

} // namespace arrakis::jobs
