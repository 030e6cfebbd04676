internal import FlashSale
internal import HTTPServing
internal import Time

/// Measures how fast a partition is decided, from how its watermark moves.
///
/// (1) Only time during which records were waiting counts: an idle lane says nothing about its speed.
/// (2) A stretch shorter than `Limits.drainRateSpan` is joined with the next one.
/// (3) A rate without a move for `Limits.drainRateTrust`, while records wait, is forgotten: the lane stands still.
struct DrainMeter {
  private var offset: Offset
  private var since: ContinuousClock.Instant
  private var rate: Double?

  /// Starts at a watermark.
  init(at offset: Offset, now: ContinuousClock.Instant) {
    self.offset = offset
    since = now
  }

  /// Takes note of a watermark.
  ///
  /// - Parameter waiting: whether records wait beyond it.
  /// - Returns: records per second; `nil` while it is not known.
  mutating func observe(_ watermark: Offset, waiting: Bool, now: ContinuousClock.Instant) -> Double? {
    // The store has gone back: what it decides again is measured from there.
    if watermark < offset { restart(at: watermark, now) }
    let elapsed = now - since
    if watermark > offset {
      guard elapsed >= Limits.drainRateSpan else { return rate }
      let measured = Double(watermark.rawValue - offset.rawValue) / elapsed.inSeconds
      // Half of what was and half of what is: follows a change within a few signals, and does not jump with each.
      rate = rate.map { ($0 + measured) / 2 } ?? measured
      restart(at: watermark, now)
    } else if !waiting {
      restart(at: watermark, now)
    } else if elapsed > Limits.drainRateTrust {
      rate = nil
    }
    return rate
  }

  private mutating func restart(at watermark: Offset, _ now: ContinuousClock.Instant) {
    offset = watermark
    since = now
  }
}
