#include "apps/wiring/terminal_guard.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace arrakis::wiring {
namespace {
#if defined(__x86_64__)
constexpr unsigned native = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned native = AUDIT_ARCH_AARCH64;
#else
#error "add the machine's name of linux/audit.h"
#endif
constexpr unsigned first_of_x32 = 0x40000000; // The same calls under other numbers (__X32_SYSCALL_BIT).

constexpr sock_filter load(unsigned offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }
constexpr sock_filter answer(unsigned what) { return BPF_STMT(BPF_RET | BPF_K, what); }
/// Goes on by so many instructions beyond the next.
constexpr sock_filter equal(unsigned value, unsigned char yes, unsigned char no) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}
constexpr sock_filter at_least(unsigned value, unsigned char yes, unsigned char no) {
  return BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, value, yes, no);
}
} // namespace

void forbid_typing_into_terminals() {
  // The kernel takes the low half of ioctl's second argument; both machines are little-endian.
  std::array program{load(offsetof(seccomp_data, arch)),
                     equal(native, 0, 8),
                     load(offsetof(seccomp_data, nr)),
                     at_least(first_of_x32, 6, 0),
                     equal(SYS_ioctl, 0, 3),
                     load(offsetof(seccomp_data, args[1])),
                     equal(TIOCSTI, 2, 0),
                     equal(TIOCLINUX, 1, 0),
                     answer(SECCOMP_RET_ALLOW),
                     answer(SECCOMP_RET_ERRNO | EPERM),
                     answer(SECCOMP_RET_ERRNO | ENOSYS)};
  const sock_fprog filter{program.size(), program.data()};
  ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter);
}
} // namespace arrakis::wiring
