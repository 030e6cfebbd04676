internal import Synchronization
internal import Time

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// How much of the processors that it could use a process uses, from two readings of its clock. A value.
///
/// (1) It is the share over the time since the last reading but one, at least `window` and at most `memory`: a question
///     after a long silence is about a time that nobody asked about, and begins anew.
struct ProcessorShare {
  private static let window = Duration.seconds(1)
  private static let memory = Duration.seconds(5)

  private var last: (used: Duration, at: ContinuousClock.Instant)?
  private var share = 0.0

  /// Takes note of how much processor time was used until now, by so many threads that work.
  mutating func observe(used: Duration, threads: Int, at now: ContinuousClock.Instant) -> Double {
    guard let last, now - last.at <= Self.memory else {
      (self.last, share) = ((used, now), 0)
      return share
    }
    guard now - last.at >= Self.window else { return share }
    share = min(1, (used - last.used) / (now - last.at) / Double(max(threads, 1)))
    self.last = (used, now)
    return share
  }
}

/// The share of this process, read when somebody asks and not before.
final class ProcessorLoad: Sendable {
  private let threads: Int
  private let share = Mutex(ProcessorShare())

  /// - Parameter threads: event loops.
  init(threads: Int) { self.threads = threads }

  /// From 0 to 1; 0 where the system does not tell.
  var current: Double {
    // "CLOCK_PROCESS_CPUTIME_ID: per-process CPU-time clock, measures CPU time consumed by all threads"
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
    let used = Duration.seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    return share.withLock { $0.observe(used: used, threads: threads, at: .now) }
  }
}
