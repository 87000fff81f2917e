#include "runtime/services.hpp"

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
} // namespace arrakis
