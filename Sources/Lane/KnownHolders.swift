import FlashSale

/// Who may hold units of which sale: every buyer who does, and hardly any other.
///
/// A hash of 64 bits stands for a buyer. Two buyers with one hash only cost a look-up. Each process has a seed of its
/// own, so nobody can make names that collide.
package struct KnownHolders: Sendable {
  /// What is known of one sale.
  package enum Holders: Sendable {
    case all(Set<Int>)
    /// More than may be remembered: each buyer is looked up.
    case tooMany
  }

  private let most: Int
  private var sales: [SaleNumber: Holders] = [:]
  private var count = 0

  /// Knows nothing, and remembers so many buyers at most.
  init(most: Int) { self.most = most }

  /// Whether anything is known of the sale.
  func knows(_ sale: SaleNumber) -> Bool { sales[sale] != nil }

  /// `false` only if the buyer certainly holds nothing.
  func mayHold(_ holder: LaneStock.Holder) -> Bool {
    guard case .all(let hashes) = sales[holder.sale] else { return true }
    return hashes.contains(Self.hash(holder.buyer))
  }

  /// Takes in what was loaded.
  mutating func add(_ loaded: [SaleNumber: Holders]) {
    guard !loaded.isEmpty else { return }
    if sales.count + loaded.count > Limits.rememberedLevels { self = KnownHolders(most: most) }
    for (sale, holders) in loaded {
      sales[sale] = holders
      if case .all(let hashes) = holders { count += hashes.count }
    }
  }

  /// Takes in a buyer who got units. Nothing happens if the sale is not known.
  mutating func add(_ holder: LaneStock.Holder) {
    guard case .all(var hashes) = sales[holder.sale] else { return }
    // Taken out while it changes: with two owners, the set would be copied for every winner.
    sales[holder.sale] = .tooMany
    guard count < most else { return count -= hashes.count }
    if hashes.insert(Self.hash(holder.buyer)).inserted { count += 1 }
    sales[holder.sale] = .all(hashes)
  }

  static func hash(_ buyer: BuyerID) -> Int { buyer.hashValue }
}
