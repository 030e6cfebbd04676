// For programs that run under valgrind 3.19 (Debian 12). Where a thread calls sigsuspend with a mask in memory that
// cannot be written, as libdispatch's main thread does, valgrind itself crashes with SIGSEGV at that mask's address.
// Preloaded, this hands it a copy.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
  sigset_t copy = *mask;
  // The kernel's set is 64 signals; libc's is larger (sigsuspend(2), "C library/kernel differences").
  return (int)syscall(SYS_rt_sigsuspend, &copy, 8);
}
