// A disk that is full, for a program that is started with this library before all others (LD_PRELOAD): while the file
// NO_SPACE_WHILE exists, files below a folder whose path contains NO_SPACE_BELOW take half of their first bytes and no
// more. Folders are still made, so that it is a file that is torn. A real small file system would need the right to
// mount one, which a container has not.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>

namespace {
bool full(const char* path) {
  const char* below = std::getenv("NO_SPACE_BELOW");
  const char* flag = std::getenv("NO_SPACE_WHILE");
  return below && flag && std::strstr(path, below) && ::access(flag, F_OK) == 0;
}
template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}
} // namespace

extern "C" ssize_t write(int fd, const void* bytes, size_t count) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  char link[32], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const auto length = ::readlink(link, path, sizeof path - 1);
  if (length > 0 && (path[length] = 0, full(path))) {
    if (count > 1 && ::lseek(fd, 0, SEEK_CUR) == 0)
      return real(fd, bytes, count / 2);
    errno = ENOSPC;
    return -1;
  }
  return real(fd, bytes, count);
}
