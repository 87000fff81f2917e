// A whole configuration, from the bytes of its file: every value keeps what config/arrakis.toml allows, or a sentence
// says where it does not; and nothing that is shown holds a password.
#include "runtime/config.hpp"

#include "runtime/config_schema.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace arrakis::fuzz {
namespace {
/// The bytes as a file that only this process has.
class file_of {
public:
  explicit file_of(std::string_view bytes) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    ARRAKIS_ASSERT(fd_ >= 0 && ::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
                   "there is memory for an input");
  }
  file_of(const file_of&) = delete;
  file_of& operator=(const file_of&) = delete;
  ~file_of() { ::close(fd_); }
  std::string path() const { return fmt::format("/proc/self/fd/{}", fd_); }

private:
  int fd_;
};

config::value value_of(const config& from, const config::key& key) {
  if (std::holds_alternative<secret>(key.standard))
    return from.secret(key.name);
  switch (key.standard.index()) {
    case 0: return from.text(key.name);
    case 1: return from.integer(key.name);
    case 2: return from.boolean(key.name);
    default: return from.list(key.name);
  }
}
} // namespace

void settings(std::string_view bytes) {
  // A key may name a file to read a secret from: not one that this machine's drivers make up, or that never ends.
  if (bytes.find("/dev") != bytes.npos || bytes.find("/proc") != bytes.npos)
    return;
  const file_of file{bytes};
  const auto loaded = config::load(file.path(), {});
  if (!loaded) {
    ARRAKIS_ASSERT(!text_of(loaded.error()).empty(), "a refusal has a sentence");
    return;
  }
  for (const auto& key : config::keys())
    ARRAKIS_ASSERT(config_schema::fault_of(key, value_of(*loaded, key)).empty(), "a value is one of those allowed");
  ARRAKIS_ASSERT(loaded->describe().find("password=") == std::string::npos, "no password is shown");
}
} // namespace arrakis::fuzz
