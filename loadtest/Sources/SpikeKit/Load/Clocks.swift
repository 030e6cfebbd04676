internal import NIOCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Ties the monotonic clock, which all measuring uses, to the calendar, which the ledger shows.
struct Epoch: Sendable {
  private let monotonic: NIODeadline
  private let microseconds: Int64

  /// Reads both clocks now.
  init() {
    monotonic = .now()
    microseconds = nanosecondsOf(CLOCK_REALTIME) / 1_000
  }

  /// Microseconds since 1970-01-01T00:00:00Z.
  func microseconds(at time: NIODeadline) -> Int64 {
    microseconds + (time - monotonic).nanoseconds / 1_000
  }
}

/// The processor time that the calling thread has used.
func threadProcessorTime() -> TimeAmount { .nanoseconds(nanosecondsOf(CLOCK_THREAD_CPUTIME_ID)) }

private func nanosecondsOf(_ clock: clockid_t) -> Int64 {
  var time = timespec()
  // clock_gettime(3) fails only for a clock that the system does not have; both of these are POSIX's.
  clock_gettime(clock, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
