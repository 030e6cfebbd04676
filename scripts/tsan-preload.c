// Shows ThreadSanitizer three things that it cannot see on Linux, in front of the libraries that do them (LD_PRELOAD).
//
// What it does not see it takes for a race, and a suppression would hide the real races beside it: where locks, tasks
// and threads meet is the very place to look at. In a program without ThreadSanitizer nothing changes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

// compiler-rt/lib/tsan/rtl/tsan_interface.h. Weak: null where there is no ThreadSanitizer.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

// The function of this name that would have been called without us.
#define NEXT(type, name)                                  \
  ({                                                      \
    static type next;                                     \
    if (!next) next = (type)dlsym(RTLD_NEXT, name);       \
    next;                                                 \
  })

// MARK: A contended Mutex of Swift
//
// Synchronization.Mutex is a compare-and-exchange in the caller's code, which is seen, and if the lock is taken a call
// into libswiftSynchronization, which was built without ThreadSanitizer: who had to wait seems to have no lock.

// Swift's methods have `self` in the context register; a _MutexHandle is passed by its address, which is that of the
// word that the caller's code exchanges (Synchronization.swiftinterface: its one stored property).
#define SWIFT_METHOD __attribute__((swiftcall))
#define SWIFT_SELF __attribute__((swift_context))

// Synchronization._MutexHandle._lockSlow(UInt32) and ._unlockSlow()
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT_METHOD void (*LockSlow)(uint32_t thread, SWIFT_SELF void *mutex);
typedef SWIFT_METHOD void (*UnlockSlow)(SWIFT_SELF void *mutex);

SWIFT_METHOD void lock_slow(uint32_t thread, SWIFT_SELF void *mutex) __asm__(LOCK_SLOW);
SWIFT_METHOD void unlock_slow(SWIFT_SELF void *mutex) __asm__(UNLOCK_SLOW);

SWIFT_METHOD void lock_slow(uint32_t thread, SWIFT_SELF void *mutex) {
  NEXT(LockSlow, LOCK_SLOW)(thread, mutex);
  if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT_METHOD void unlock_slow(SWIFT_SELF void *mutex) {
  if (__tsan_release) __tsan_release(mutex);
  NEXT(UnlockSlow, UNLOCK_SLOW)(mutex);
}

// MARK: A continuation that is resumed before its task waits
//
// Swift's runtime tells ThreadSanitizer of every hand-over but this one: `swift_continuation_resume` releases the task,
// and the thread that runs it again acquires it; but `swift_continuation_await` goes straight on if it finds the
// continuation resumed, at its beginning or after it lost the exchange with the one who resumes, and acquires nothing.
// In the first case the acquisition is made before it; in the second, in the call by which it enters the task again.

#define SWIFT_CALL __attribute__((swiftcall))
#define SWIFT_ASYNC __attribute__((swiftasynccall))

SWIFT_CALL void *swift_task_getCurrent(void) __attribute__((weak));

typedef SWIFT_ASYNC void (*Await)(void *context);
typedef void (*EnterTask)(char *context);

static void acquire_task(void) {
  void *task = __tsan_acquire && swift_task_getCurrent ? swift_task_getCurrent() : NULL;
  if (task) __tsan_acquire(task);
}

SWIFT_ASYNC void swift_continuation_await(void *context) {
  acquire_task();
  __attribute__((musttail)) return NEXT(Await, "swift_continuation_await")(context);
}

void swift_task_enterThreadLocalContext(char *context) {
  NEXT(EnterTask, "swift_task_enterThreadLocalContext")(context);
  acquire_task();
}

// MARK: C11's threads
//
// librdkafka uses <threads.h>, and ThreadSanitizer knows <pthread.h> only: on a thread whose beginning it has not seen,
// the first of its functions crashes. In glibc the one is a name for the other, down to the bytes of the types
// (nptl/thrd_create.c, mtx_lock.c, cnd_wait.c), so here each function that librdkafka uses calls its twin.

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t), "other types");
_Static_assert(sizeof(thrd_t) == sizeof(pthread_t) && sizeof(once_flag) == sizeof(pthread_once_t), "other types");

static int status(int error) { return error == 0 ? thrd_success : thrd_error; }

typedef struct {
  thrd_start_t run;
  void *argument;
} Start;

static void *run(void *argument) {
  Start start = *(Start *)argument;
  free(argument);
  return (void *)(intptr_t)start.run(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t body, void *argument) {
  Start *start = malloc(sizeof *start);
  if (!start) return thrd_nomem;
  *start = (Start){body, argument};
  int error = pthread_create(thread, NULL, run, start);
  if (error) free(start);
  return status(error);
}

int thrd_join(thrd_t thread, int *result) {
  void *returned = NULL;
  int error = pthread_join(thread, &returned);
  if (result) *result = (int)(intptr_t)returned;
  return status(error);
}

void call_once(once_flag *flag, void (*body)(void)) { pthread_once((pthread_once_t *)flag, body); }

int mtx_init(mtx_t *mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if (type & mtx_recursive) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  int error = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return status(error);
}

int mtx_lock(mtx_t *mutex) { return status(pthread_mutex_lock((pthread_mutex_t *)mutex)); }
int mtx_unlock(mtx_t *mutex) { return status(pthread_mutex_unlock((pthread_mutex_t *)mutex)); }
void mtx_destroy(mtx_t *mutex) { pthread_mutex_destroy((pthread_mutex_t *)mutex); }

int cnd_init(cnd_t *condition) { return status(pthread_cond_init((pthread_cond_t *)condition, NULL)); }
int cnd_signal(cnd_t *condition) { return status(pthread_cond_signal((pthread_cond_t *)condition)); }
int cnd_broadcast(cnd_t *condition) { return status(pthread_cond_broadcast((pthread_cond_t *)condition)); }
void cnd_destroy(cnd_t *condition) { pthread_cond_destroy((pthread_cond_t *)condition); }

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
  return status(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
  int error = pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until);
  return error == ETIMEDOUT ? thrd_timedout : status(error);
}
