#include "runtime/signals.hpp"

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

int next() {
  const auto set = awaited();
  int number = 0;
  sigwait(&set, &number);
  return number;
}
} // namespace arrakis::signals
