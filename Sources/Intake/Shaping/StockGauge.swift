internal import FlashSale
internal import SaleStore
internal import Synchronization

/// What is left of one SKU, as the last signal said. Shared by all threads, without a lock.
///
/// It lags behind the store by a signal. So it may only turn buyers away when it says that nothing is left: stock that
/// is there and looks sold would break I2, stock that is sold and looks left is refused by the lane.
final class StockGauge: Sendable {
  private let units: Atomic<Int32>
  private let closed: Atomic<Bool>

  init(_ level: StockLevel) {
    units = Atomic(level.left.rawValue)
    closed = Atomic(level.isClosed)
  }

  /// Units left.
  var left: Units { Units(units.load(ordering: .relaxed)) }

  /// Whether the lane has closed the stock.
  var isClosed: Bool { closed.load(ordering: .relaxed) }

  /// Takes a newer level.
  func set(_ level: StockLevel) {
    units.store(level.left.rawValue, ordering: .relaxed)
    closed.store(level.isClosed, ordering: .relaxed)
  }
}
