#pragma once
// The requests of the bridge that the admin answers (README.md).
#include "adapters/queue/admin.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>

namespace arrakis::bridge {
/// The answer to `op`; nullopt: it is none of the admin's.
std::optional<boost::json::object> run_tool(const queue::admin&, std::string_view op, const boost::json::object& with);

/// Formats an error for an answer.
boost::json::object refusal(const caf::error&);
} // namespace arrakis::bridge
