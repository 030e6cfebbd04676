import FlashSale

/// Who may hold units of which sale: every holder who does, and hardly any other. Buyers are holders, and in a memory
/// of their own limit subjects are.
///
/// A hash of 64 bits stands for a holder. Two with one hash only cost a look-up. Each process has a seed of its own, so
/// nobody can make names that collide.
package struct KnownHolders: Sendable {
  /// What is known of one sale.
  package enum Holders: Sendable {
    case all(Set<Int>)
    /// More than may be remembered: each holder is looked up.
    case tooMany

    /// Whether it is the latter.
    package var isCrowded: Bool { if case .tooMany = self { true } else { false } }
  }

  private let most: Int
  private var sales: [SaleNumber: Holders] = [:]
  /// Of all sales; never more than `most`.
  private(set) var count = 0

  /// Knows nothing, and remembers so many holders at most.
  init(most: Int) { self.most = most }

  /// Whether anything is known of the sale.
  func knows(_ sale: SaleNumber) -> Bool { sales[sale] != nil }

  /// `false` only if the holder certainly holds nothing.
  func mayHold(_ hash: Int, of sale: SaleNumber) -> Bool {
    guard case .all(let hashes) = sales[sale] else { return true }
    return hashes.contains(hash)
  }

  /// Those of which not every holder is remembered.
  var crowdedSales: Set<SaleNumber> {
    Set(sales.filter { $0.value.isCrowded }.keys)
  }

  /// Takes in what was loaded. Of a sale that does not fit beside the others, each holder is looked up.
  mutating func add(_ loaded: [SaleNumber: Holders]) {
    guard !loaded.isEmpty else { return }
    if sales.count + loaded.count > Limits.rememberedLevels { self = KnownHolders(most: most) }
    // In their order: which of them fit must not depend on that of a dictionary.
    for (sale, holders) in loaded.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      if case .all(let known) = sales[sale] { count -= known.count }
      sales[sale] = .tooMany
      guard case .all(let hashes) = holders, count + hashes.count <= most else { continue }
      sales[sale] = holders
      count += hashes.count
    }
  }

  /// Takes in a holder who got units. Nothing happens if the sale is not known.
  mutating func add(_ hash: Int, of sale: SaleNumber) {
    guard case .all(var hashes) = sales[sale] else { return }
    // Taken out while it changes: with two owners, the set would be copied for every winner.
    sales[sale] = .tooMany
    guard count < most else { return count -= hashes.count }
    if hashes.insert(hash).inserted { count += 1 }
    sales[sale] = .all(hashes)
  }
}

extension BuyerID {
  /// What stands for the buyer among holders.
  var holderHash: Int { hashValue }
}

extension LaneStock.Subject {
  /// What stands for the subject among holders of its sale.
  var holderHash: Int {
    var hasher = Hasher()
    hasher.combine(kind)
    hasher.combine(id)
    return hasher.finalize()
  }
}
