#include "runtime/signals.hpp"

#include <algorithm>
#include <csignal>
#include <pthread.h>

namespace arrakis::signals {
namespace {
sigset_t awaited() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGXCPU, SIGHUP})
    sigaddset(&set, number);
  return set;
}
} // namespace

void prepare() {
  const auto set = awaited();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGHUP, SIG_DFL);
  // The two of the terminal would stop it when it logs from the background (stty tostop).
  for (const int number :
       {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT, SIGXFSZ, SIGPIPE, SIGTTIN, SIGTTOU})
    std::signal(number, SIG_IGN);
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number)
    std::signal(number, SIG_IGN);
}

int next(std::chrono::milliseconds patience) {
  const auto set = awaited();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timespec wait{seconds.count(), std::chrono::nanoseconds{patience - seconds}.count()};
  return std::max(sigtimedwait(&set, nullptr, &wait), 0); // -1: no signal, or the process was stopped for a while.
}
} // namespace arrakis::signals
