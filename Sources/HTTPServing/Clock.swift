public import FlashSale
internal import FoundationEssentials

extension Timestamp {
  /// This machine's wall clock. Intake is where a request gets its time; nothing behind it reads a clock for a
  /// decision.
  public static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) }

  /// The instant so much later.
  public func after(_ duration: Duration) -> Timestamp {
    Timestamp(microseconds: microseconds + duration.nanoseconds / 1_000)
  }
}

extension Duration {
  /// Whole nanoseconds, for NIO's timers.
  public var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }

  /// Seconds as a fraction, for rates.
  public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
