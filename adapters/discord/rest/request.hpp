#pragma once
// A call as an HTTP request, and an HTTP response as its answer.
#include "adapters/discord/rest/rest.hpp"
#include "runtime/net/http.hpp"

namespace arrakis::discord {
/// Returns the request with target, body, and the headers that Discord demands: User-Agent, Authorization (not for an
/// interaction), Content-Type with a body, X-Audit-Log-Reason with a reason.
net::http_request request_of(const call&, const rest_options&);
/// Reads the error's code, message and fields from 400 on.
answer answer_of(net::http_response);
} // namespace arrakis::discord
