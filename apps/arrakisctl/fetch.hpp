#pragma once
// One HTTP request of a command that needs no database.
#include "runtime/error.hpp"
#include "runtime/net/http.hpp"

#include <chrono>
#include <string>

namespace arrakis::ctl {
/// Sends a request and blocks until the answer. `url` is an http or https address, whose path is prepended to the
/// target. The errors are those of net::http_client::send.
caf::expected<net::http_response> fetch(const std::string& url, net::http_request request,
                                        std::chrono::milliseconds patience);
} // namespace arrakis::ctl
