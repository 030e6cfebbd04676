import FlashSale

/// Holders of sales as they are loaded, one by one; hashes, as `KnownHolders` has them.
struct FoundHolders: Sendable {
  private var hashes: [SaleNumber: Set<Int>] = [:]
  private var counts: [SaleNumber: Int] = [:]

  /// One holds something of the sale. Once for each order, or for each holder.
  mutating func add(_ hash: Int, of sale: SaleNumber) {
    hashes[sale, default: []].insert(hash)
    counts[sale, default: 0] += 1
  }

  /// Who holds something of these sales, as a memory takes it in; more than `most` were not all loaded.
  func known(of sales: Set<SaleNumber>, most: Int) -> [SaleNumber: KnownHolders.Holders] {
    var known: [SaleNumber: KnownHolders.Holders] = [:]
    for sale in sales { known[sale] = counts[sale, default: 0] <= most ? .all(hashes[sale] ?? []) : .tooMany }
    return known
  }
}
