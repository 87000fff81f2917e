#pragma once
// One HTTP request of a command that needs no database.
#include "runtime/error.hpp"
#include "runtime/net/http.hpp"

#include <chrono>
#include <string>

namespace arrakis::ctl {
/// `url` is an address of http or https; its path stands before the target's. Waits for the answer; the errors of
/// net::http_client::send.
caf::expected<net::http_response> fetch(const std::string& url, net::http_request request,
                                        std::chrono::milliseconds patience);
} // namespace arrakis::ctl
