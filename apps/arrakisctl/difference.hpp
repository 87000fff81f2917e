#pragma once
// Difference of two JSON values, one line for each change, for an operator who confirms it.
#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

namespace arrakis::ctl {
/// Returns lines such as "+ /roles/gold: {...}", "- /channels/vip: {...}", "~ /communityName: "A" -> "B"". Elements of
/// arrays that are objects with a text `id` are compared by it, others by their place.
std::vector<std::string> difference(const boost::json::value& before, const boost::json::value& after);
} // namespace arrakis::ctl
