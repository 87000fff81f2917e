#include "runtime/services.hpp"

#include "runtime/log.hpp"

#include <cstdlib>
#include <cxxabi.h>
#include <memory>

namespace arrakis {
std::string services::name_of(const std::type_info& type) {
  int failed = 0;
  const std::unique_ptr<char, void (*)(void*)> text{abi::__cxa_demangle(type.name(), nullptr, nullptr, &failed),
                                                    &std::free};
  return text ? text.get() : type.name();
}

void log_left_out(std::string_view kind, std::string_view name, const missing_service& lacking) {
  log::warn("services.extension_left_out", {{"kind", kind}, {"name", name}, {"error", lacking.what()}});
}
} // namespace arrakis
