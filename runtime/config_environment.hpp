#pragma once
// Environment variables that look like settings but are not.
#include <string_view>

namespace arrakis::config_environment {

/// True for a variable that Kubernetes sets in each container for a Service. For one named arrakis-redis these are
/// ARRAKIS_REDIS_SERVICE_HOST, _SERVICE_PORT, _SERVICE_PORT_{NAME}, _PORT (only if `value` begins with tcp:// or
/// udp://), and _PORT_6379_TCP or _UDP, each also followed by _PROTO, _PORT or _ADDR.
/// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
bool is_of_kubernetes(std::string_view variable, std::string_view value);

} // namespace arrakis::config_environment
