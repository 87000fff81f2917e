#pragma once

namespace arrakis::wiring {
/// From here on neither this process nor its children can type into a terminal (TIOCSTI, TIOCLINUX). Started by root in
/// a terminal they have it, under a user with fewer rights; whoever took one over would type commands into root's
/// shell. The kernel keeps it for good (seccomp). Needs PR_SET_NO_NEW_PRIVS, and one thread; where the kernel has no
/// filters nothing changes.
void forbid_typing_into_terminals();
} // namespace arrakis::wiring
