#pragma once
// Addresses in messages: a page of ours, and Discord's clients, make them clickable.
#include "apps/sandbox/model/form.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace arrakis::sandbox::model {
/// Records Discord's fault at `path` for a malformed URL or one of another scheme.
void check_link(form&, const std::string& path, std::string_view url, std::initializer_list<std::string_view> schemes);
} // namespace arrakis::sandbox::model
