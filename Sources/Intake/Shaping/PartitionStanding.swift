internal import FlashSale
internal import Synchronization

/// Where a partition's log ends and how much of it is decided, as far as this intake knows. Shared by all threads,
/// without a lock.
///
/// (1) `end` never goes back. `watermark` does only if the store itself has gone back (`lowerWatermark`).
/// (2) A record counts as in flight from before it is produced until after its report has raised `end`. So `backlog` is
///     never less than what this process has put into the log beyond the watermark (I11).
/// (3) A record of unknown fate counts until an acknowledgement shows the log's end again.
/// (4) While nothing is in flight, one record is admitted even if those of unknown fate fill the limit: only an
///     acknowledgement can tell their fate.
/// (5) While the log does not take records, one is admitted at a time: the first that is acknowledged ends that.
final class PartitionStanding: Sendable {
  private let watermarkOffset = Atomic<Int64>(0)
  private let endOffset = Atomic<Int64>(0)
  private let inFlight = Atomic<Int64>(0)
  private let unknown = Atomic<Int64>(0)
  private let unservedOrders = Atomic<Int64>(0)
  private let halted = Atomic<Bool>(false)
  private let stalled = Atomic<Bool>(false)
  private let stale = Atomic<Bool>(false)
  /// Bits of a `Double`, records per second; 0: not known.
  private let drainRateBits = Atomic<UInt64>(0)

  /// The first offset without an effect in the store, as far as is known here.
  var watermark: Offset { Offset(watermarkOffset.load(ordering: .relaxed)) }

  /// Nobody decides its records until a person has looked, as the store last said.
  var isHalted: Bool {
    get { halted.load(ordering: .relaxed) }
    set { halted.store(newValue, ordering: .relaxed) }
  }

  /// The log does not take its records: what is sent waits for a broker, and nobody knows how long.
  var isStalled: Bool {
    get { stalled.load(ordering: .relaxed) }
    set { stalled.store(newValue, ordering: .relaxed) }
  }

  /// Records wait, and nobody has decided any for a while: what is known of its stock is old.
  var isStale: Bool {
    get { stale.load(ordering: .relaxed) }
    set { stale.store(newValue, ordering: .relaxed) }
  }

  /// Where the log ends, as far as acknowledgements tell.
  var end: Int64 { endOffset.load(ordering: .relaxed) }

  /// Orders that were not acknowledged, so far: there was no room, the log refused them, or their fate is unknown.
  var unserved: Int64 { unservedOrders.load(ordering: .relaxed) }

  /// Records whose report is still to come.
  var inFlightRecords: Int64 { inFlight.load(ordering: .relaxed) }

  /// Records that are in the log and not decided, as far as acknowledgements tell.
  var undecided: Int64 {
    max(0, endOffset.load(ordering: .acquiring) - watermarkOffset.load(ordering: .relaxed))
  }

  /// Records that may be in the log and are not decided: `undecided`, those in flight, and those of unknown fate.
  var backlog: Int64 {
    let flying = inFlight.load(ordering: .acquiring)
    return undecided + flying + unknown.load(ordering: .relaxed)
  }

  /// Counts one more record as in flight, unless the backlog is at its limit, or the log does not take records and
  /// another one is finding out whether it does again. Called before producing.
  func admit(limit: Int64) -> Bool {
    let flying = inFlight.add(1, ordering: .acquiringAndReleasing).newValue
    if flying > 1, isStalled {
      withdraw()
      return false
    }
    let undecided = undecided
    if undecided + flying + unknown.load(ordering: .relaxed) <= limit { return true }
    if flying == 1 && undecided < limit { return true }
    withdraw()
    return false
  }

  /// Takes an admission back: the record was not produced, or the log refused it.
  func withdraw() {
    unservedOrders.add(1, ordering: .relaxed)
    land()
  }

  private func land() { inFlight.subtract(1, ordering: .acquiringAndReleasing) }

  /// The log acknowledged a record. Called by the partition's producer's thread only, as are all reports.
  func acknowledged(_ offset: Offset) {
    endOffset.max(offset.next.rawValue, ordering: .acquiringAndReleasing)
    if unknown.load(ordering: .relaxed) != 0 { unknown.store(0, ordering: .relaxed) }
    if isStalled { isStalled = false }
    land()
  }

  /// A record may be in the log or not.
  func lost() {
    unknown.add(1, ordering: .relaxed)
    withdraw()
  }

  /// The log ends here or further on, as the broker says.
  func raiseEnd(to offset: Offset) { endOffset.max(offset.rawValue, ordering: .acquiringAndReleasing) }

  /// Every record before `offset` has its outcome.
  func raiseWatermark(to offset: Offset) { watermarkOffset.max(offset.rawValue, ordering: .acquiringAndReleasing) }

  /// The store itself has gone back, by a restored backup, a failover to a standby that lagged, or a partition that is
  /// resumed at an earlier offset: the records from `offset` on wait again. Not if a signal has come since the
  /// watermark was `known`, as it was before the store was asked; then the next reading tells.
  ///
  /// - Returns: whether it has gone back.
  func lowerWatermark(from known: Offset, to offset: Offset) -> Bool {
    offset < known
      && watermarkOffset.compareExchange(
        expected: known.rawValue, desired: offset.rawValue, ordering: .acquiringAndReleasing
      ).exchanged
  }

  /// Records per second that are decided while some wait; `nil` if not known.
  var drainRate: Double? {
    get {
      let rate = Double(bitPattern: drainRateBits.load(ordering: .relaxed))
      return rate > 0 ? rate : nil
    }
    set { drainRateBits.store((newValue ?? 0).bitPattern, ordering: .relaxed) }
  }

  /// Undecided records ahead of the one at `offset`: its place in line, from 0.
  func position(of offset: Offset) -> Int64 { max(0, offset.rawValue - watermark.rawValue) }

  /// Milliseconds until the record with `position` others ahead of it is decided, by the measured rate; `nil` while no
  /// rate is known.
  func eta(position: Int64) -> Int64? {
    drainRate.map { Int64((Double(position + 1) / $0 * 1_000).rounded(.up)) }
  }
}
