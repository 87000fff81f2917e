#include "apps/sandbox/core/transcript.hpp"

#include <stdexcept>

namespace arrakis::sandbox {
namespace js = boost::json;

transcript::transcript(const std::string& path) {
  if (path.empty())
    return;
  out_.open(path, std::ios::trunc);
  if (!out_)
    throw std::runtime_error("--transcript " + path + ": cannot be written");
}

void transcript::answer(std::string_view method, std::string_view path, int status, std::string_view text) {
  write("answer", {{"method", method}, {"path", path}, {"status", status}, {"text", text}});
}

void transcript::dispatch(std::string_view name, const js::object& data) {
  write("dispatch", {{"t", name}, {"d", data}});
}

void transcript::write(std::string_view kind, js::object entry) {
  if (out_.is_open())
    out_ << js::serialize(js::object{{kind, std::move(entry)}}) << std::endl; // A killed sandbox loses no line.
}

} // namespace arrakis::sandbox
