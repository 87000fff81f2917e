#pragma once
// The wizard: one session for a user in a guild. Any process may take the next click. What it answers (/onboard,
// /resume, its components and modals) is declared in definition.cpp and asked as of any other owner.
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>

namespace arrakis::wizard {

/// The button that starts a failed deployment again; who reports a failure puts it below.
std::string retry_button_id(int64_t version);
/// The button “Check progress”, below what is told of an open deployment.
std::string progress_button_id(int64_t version);
/// The button “Check progress”; the custom id says whose progress it shows.
boost::json::object check_progress_button(std::string custom_id);

} // namespace arrakis::wizard
