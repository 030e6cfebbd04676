internal import FlashSale
internal import Synchronization

/// What was bought with the keys of the latest orders that this process has taken: so that a key that comes again with
/// another purchase is refused before its order has a row. Read and written by all event loops without a lock.
///
/// (1) Each order has one place, and a later one takes it from an earlier one. So it forgets, and never grows.
/// (2) Place and tag are all 62 random bits of an id, so it takes no order for another one. Of two purchases with one
///     key it overlooks one in 65,536, which is then answered as if it were not known.
/// (3) An order is noted once the log has it. What was not taken may be tried again in another form.
///
/// `@unchecked Sendable`: `slots` is never changed, and what it leads to is `Atomic`, which is Sendable.
final class KnownPurchases: @unchecked Sendable {
  /// 16 bits of what a request asks for; the same for the same request in one process.
  struct Fingerprint: Equatable {
    fileprivate let bits: UInt64

    init(_ request: PurchaseRequest) {
      var hasher = Hasher()
      hasher.combine(request.stock.sku)
      hasher.combine(request.quantity)
      if !request.terms.isEmpty {
        hasher.combine(request.terms.subjects)
        hasher.combine(request.terms.lines)
      }
      bits = UInt64(truncatingIfNeeded: hasher.finalize()) & 0xFFFF
    }
  }

  private static let indexBits = 18
  private static let count = 1 << indexBits

  /// 48 bits of an id, and 16 of what was bought; 0: none. The tag is never 0, because the second half of a UUID begins
  /// with the bits 10 (RFC 9562 §4.1).
  private let slots: UnsafeMutablePointer<Atomic<UInt64>>

  /// Knows nothing. Takes 2 MiB.
  init() {
    slots = .allocate(capacity: Self.count)
    for index in 0..<Self.count { (slots + index).initialize(to: Atomic(0)) }
  }

  deinit {
    slots.deinitialize(count: Self.count)
    slots.deallocate()
  }

  private static func index(of order: OrderID) -> Int { Int(truncatingIfNeeded: order.low) & (count - 1) }

  /// Takes note of an order that the log has.
  func note(_ order: OrderID, _ purchase: Fingerprint) {
    slots[Self.index(of: order)].store(order.low & ~0xFFFF | purchase.bits, ordering: .relaxed)
  }

  /// Whether the order is known to be in the log.
  func has(_ order: OrderID) -> Bool {
    slots[Self.index(of: order)].load(ordering: .relaxed) & ~0xFFFF == order.low & ~0xFFFF
  }

  /// Whether the order is known to be of another purchase.
  func isAnother(_ order: OrderID, _ purchase: Fingerprint) -> Bool {
    let known = slots[Self.index(of: order)].load(ordering: .relaxed)
    return known & ~0xFFFF == order.low & ~0xFFFF && known & 0xFFFF != purchase.bits
  }
}
