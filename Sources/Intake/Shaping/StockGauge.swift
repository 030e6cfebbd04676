internal import FlashSale
internal import SaleStore
internal import Synchronization

/// What is left of one SKU, as the last signal said. Shared by all threads, without a lock.
///
/// It lags behind the store by a signal. So it may turn buyers away only when it says that nothing is left. Stock that
/// is left and looks sold would break I2; if stock is sold and looks left, the lane refuses.
///
/// It says so only once the sale's winners up to then are known (`RefusalGrounds`). Whoever is to be turned away reads
/// it before the winners: what was inserted before it was set is then seen.
final class StockGauge: Sendable {
  private let units: Atomic<Int32>
  private let closed: Atomic<Bool>
  private let settled = Atomic<Bool>(false)

  init(_ level: StockLevel) {
    units = Atomic(level.left.rawValue)
    closed = Atomic(level.isClosed)
  }

  /// Units left.
  var left: Units { Units(units.load(ordering: .acquiring)) }

  /// Whether the lane has closed the stock.
  var isClosed: Bool { closed.load(ordering: .acquiring) }

  /// Both of them.
  var level: StockLevel { StockLevel(left: left, isClosed: isClosed) }

  /// Whether all that was accepted before the sale's end is decided.
  var isSettled: Bool { settled.load(ordering: .acquiring) }

  /// Takes a newer level.
  func set(_ level: StockLevel) {
    units.store(level.left.rawValue, ordering: .releasing)
    closed.store(level.isClosed, ordering: .releasing)
  }

  /// Says that all that was accepted before the sale's end is decided.
  func settle() { settled.store(true, ordering: .releasing) }
}
