#include "runtime/node_name.hpp"

#include "runtime/clock.hpp"
#include "runtime/file.hpp"
#include "runtime/log.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace arrakis {
namespace {
constexpr size_t name_bytes_max = 64;

bool good(const std::string& text) {
  return !text.empty() && text.size() <= name_bytes_max
      && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}
} // namespace

node_name::node_name(const std::string& state_folder)
  : lock_(::open((state_folder + "/node.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    log::info("node.without_name", {{"folder", state_folder}});
    return;
  }
  const auto path = state_folder + "/node";
  if (auto known = file::read(path, name_bytes_max); known && good(*known)) {
    text_ = *known;
    return;
  }
  auto made = random_hex(8);
  if (auto bad = file::replace(path, made))
    log::warn("node.without_name", {{"folder", state_folder}, {"error", text_of(bad)}});
  else
    text_ = std::move(made);
}

node_name::~node_name() {
  if (lock_ >= 0)
    ::close(lock_);
}
} // namespace arrakis
