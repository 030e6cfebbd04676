internal import FlashSale
internal import SaleStore
internal import Synchronization
internal import Time

/// What is left of one SKU, as the last signal said. Shared by all threads, without a lock.
///
/// It lags behind the store by a signal. So it may turn buyers away only when it says that nothing is left. Stock that
/// is left and looks sold would break I2; if stock is sold and looks left, the lane refuses.
///
/// It says so only once the sale's winners up to then are known (`RefusalGrounds`). Whoever is to be turned away reads
/// it before the winners: what was inserted before it was set is then seen.
final class StockGauge: Sendable {
  /// The units, and above them whether it is closed and whether some units are held: one word, so that a
  /// reader has all of one moment.
  private let shown: Atomic<UInt64>
  private let settled = Atomic<Bool>(false)
  /// Microseconds since 1970; 0: not known.
  private let release = Atomic<Int64>(0)

  init(_ level: StockLevel) {
    shown = Atomic(Self.word(level))
  }

  /// Units left, whether the lane has closed the stock, and whether units are held that can come back: all of one
  /// moment.
  var level: (left: Units, isClosed: Bool, isHeld: Bool) {
    let word = shown.load(ordering: .acquiring)
    return (Units(Int32(truncatingIfNeeded: word)), word & Self.closed != 0, word & Self.held != 0)
  }

  /// When the first of the held units can come back, as the store said within the last second; `nil`: not known.
  var earliestRelease: Timestamp? {
    get {
      let microseconds = release.load(ordering: .relaxed)
      return microseconds == 0 ? nil : Timestamp(microseconds: microseconds)
    }
    set { release.store(newValue?.microseconds ?? 0, ordering: .relaxed) }
  }

  /// All that an order meets of the item.
  var known: OrderMoment.Item {
    let level = level
    return OrderMoment.Item(
      left: level.left, isClosed: level.isClosed, isHeld: level.isHeld, isSettled: isSettled,
      earliestRelease: earliestRelease)
  }

  /// Whether buyers are turned away.
  var turnsAway: Bool {
    let level = level
    return level.left == .zero || level.isClosed
  }

  /// Whether all that was accepted before the sale's end is decided.
  var isSettled: Bool { settled.load(ordering: .acquiring) }

  /// Shows a level. Which one is the newest, `KnownLevels` tells.
  func set(_ level: StockLevel) { shown.store(Self.word(level), ordering: .releasing) }

  private static let closed: UInt64 = 1 << 32
  private static let held: UInt64 = 1 << 33

  private static func word(_ level: StockLevel) -> UInt64 {
    UInt64(UInt32(bitPattern: level.left.rawValue)) | (level.isClosed ? closed : 0)
      | (level.reserved > .zero ? held : 0)
  }

  /// Says that all that was accepted before the sale's end is decided.
  func settle() { settled.store(true, ordering: .releasing) }

  /// The sale ends later than it did: orders come again.
  func unsettle() { settled.store(false, ordering: .releasing) }
}
