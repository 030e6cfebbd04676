internal import Glibc

extension Timestamp {
  /// This machine's wall clock.
  ///
  /// Intake is where a request gets its time; behind it, only what is stored, measured or shown reads this clock, and a
  /// decision never does. A tidy test holds that the pure modules do not.
  public static var now: Timestamp {
    var time = timespec()
    // Fails only for a clock that the system does not have, and POSIX has this one.
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
