#pragma once
// Environment variables that look like settings but are not.
#include <string_view>

namespace arrakis::config_environment {

/// True for a variable that Kubernetes sets in each container for a Service. For one named arrakis-redis these are
/// ARRAKIS_REDIS_SERVICE_HOST, _SERVICE_PORT, _SERVICE_PORT_{NAME}, _PORT (with tcp:// or udp://), _PORT_6379_TCP and
/// _PORT_6379_TCP_PROTO, _PORT and _ADDR.
/// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
bool is_of_kubernetes(std::string_view variable, std::string_view value);

} // namespace arrakis::config_environment
