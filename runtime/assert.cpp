#include "runtime/assert.hpp"

#include "runtime/log.hpp"

#include <cstdlib>

namespace arrakis {
void assertion_failed(std::string_view expression, std::string_view what, std::source_location where) {
  log::error("process.assertion_failed", {{"must_hold", what},
                                          {"expression", expression},
                                          {"file", where.file_name()},
                                          {"line", where.line()},
                                          {"function", where.function_name()}});
  std::abort();
}
} // namespace arrakis
