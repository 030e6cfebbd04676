internal import FlashSale
internal import SaleStore
internal import Synchronization

/// How many orders the last previews of bulk jobs have counted. A search always finds the same orders as of one vector.
/// So the start of a job does not count again.
final class KeptPreviews: Sendable {
  private struct Preview {
    let sale: SaleNumber
    let filter: OrderFilter
    let asOf: OffsetVector
    let matching: Int64
  }

  /// The newest last.
  private let previews = Mutex<[Preview]>([])

  /// Keeps the number of a preview, in place of the oldest one if there are `Limits.keptPreviews`.
  func keep(_ matching: Int64, of sale: SaleNumber, _ filter: OrderFilter, _ asOf: OffsetVector) {
    previews.withLock { previews in
      if previews.count == Limits.keptPreviews { previews.removeFirst() }
      previews.append(Preview(sale: sale, filter: filter, asOf: asOf, matching: matching))
    }
  }

  /// What a preview of this search has counted as of the vector; `nil`: none is kept.
  func matching(of sale: SaleNumber, _ filter: OrderFilter, _ asOf: OffsetVector) -> Int64? {
    previews.withLock { previews in
      previews.last { $0.sale == sale && $0.filter == filter && $0.asOf == asOf }?.matching
    }
  }
}
