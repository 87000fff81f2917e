#pragma once

namespace arrakis::wiring {
/// Forbids this process and its children for good to type into a terminal (ioctl TIOCSTI, TIOCLINUX), by seccomp.
/// Started by root in a terminal they keep that terminal under a user with fewer rights; an attacker who took one over
/// could type commands into root's shell. Needs PR_SET_NO_NEW_PRIVS and a single thread. Does nothing if the kernel
/// has no filters.
void forbid_typing_into_terminals();
} // namespace arrakis::wiring
