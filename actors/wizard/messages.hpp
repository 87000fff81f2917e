#pragma once
// The wizard: one session for a user in a guild. Any process may take the next click. What it answers (/onboard,
// /resume, its components and modals) is declared in definition.cpp and asked as of any other owner.
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>

namespace arrakis::wizard {

/// Custom id of the button that retries a failed deployment, for the job that reports the failure.
std::string retry_button_id(int64_t version);
/// Custom id of the button “Check progress”, for messages about an open deployment.
std::string progress_button_id(int64_t version);
/// The button “Check progress”; the custom id names the deployment.
boost::json::object check_progress_button(std::string custom_id);

} // namespace arrakis::wizard
