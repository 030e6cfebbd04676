package import FlashSale

/// What must be loaded before a batch can be decided.
package struct BatchNeeds: Sendable {
  /// Order ids that may have their outcome already, each with a generation in which it may be.
  package private(set) var probes: [OrderProbe] = []

  /// Sales of which the open generation is not known. Their orders are looked up once it is (`lookUps`).
  package private(set) var unknownGenerations: Set<SaleNumber> = []

  /// Buyers who may hold units, where the sale limits that.
  package private(set) var holders: Set<LaneStock.Holder> = []

  /// Sales of which all holders are asked for, so that the next batches need not ask for each buyer.
  package private(set) var unknownSales: Set<SaleNumber> = []

  /// Stock that the lane does not remember.
  package private(set) var unknownStock: Set<StockKey> = []

  let tuning: LaneTuning
  private let looksUpOrders: Bool
  private let generations: KnownGenerations

  /// A sale with more holders than this is answered with any `mostHolders + 1` of them: they are too many to remember.
  package var mostHolders: Int { tuning.loadedHolders }

  /// What the lane remembers of the rest.
  private(set) var state = LaneStock()

  /// The open generations of the batch's sales, as far as the lane knows them.
  private(set) var open: [SaleNumber: Generation] = [:]

  /// Whether the lane remembers all that the batch needs.
  var isEmpty: Bool {
    probes.isEmpty && unknownGenerations.isEmpty && holders.isEmpty && unknownSales.isEmpty && unknownStock.isEmpty
  }

  /// Collects the keys of the records; what the lane remembers goes into the state.
  init(_ entries: ArraySlice<LogEntry>, _ memory: LaneMemory) {
    tuning = memory.tuning
    looksUpOrders = memory.looksUpOrders
    generations = memory.generations
    if looksUpOrders { probes.reserveCapacity(entries.count) }
    var last: SaleNumber?
    var search: OrderSearch?
    for entry in entries {
      guard let record = entry.record else { continue }
      let level = need(record.stock, memory)
      guard let request = record.request else { continue }
      let sale = request.order.sale
      if sale != last { (last, search) = (sale, need(generationOf: sale).flatMap { self.search(of: sale, upTo: $0) }) }
      search?.addProbes(for: request.order, to: &probes)
      if isLimited(level) { need(LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer), memory) }
    }
  }

  /// What is still to be looked up once these generations are known to be open; `nil` if nothing is.
  func lookUps(_ entries: ArraySlice<LogEntry>, _ found: [SaleNumber: OpenGeneration]) -> BatchNeeds? {
    guard !found.isEmpty, looksUpOrders || found.values.contains(where: { $0.number > .first }) else { return nil }
    var rest = self
    (rest.unknownGenerations, rest.holders, rest.unknownSales, rest.unknownStock) = ([], [], [], [])
    rest.probes = []
    var searches: [SaleNumber: OrderSearch] = [:]
    for (sale, generation) in found { searches[sale] = search(of: sale, upTo: generation.number) }
    for entry in entries {
      guard let order = entry.record?.request?.order else { continue }
      searches[order.sale]?.addProbes(for: order, to: &rest.probes)
    }
    return rest.probes.isEmpty ? nil : rest
  }

  /// `nil` if nothing is ever looked up.
  private func search(of sale: SaleNumber, upTo open: Generation) -> OrderSearch? {
    let search = generations.search(of: sale, upTo: open, alsoThere: looksUpOrders)
    return search.isEmpty ? nil : search
  }

  private mutating func need(generationOf sale: SaleNumber) -> Generation? {
    guard let generation = generations.open(of: sale) else {
      unknownGenerations.insert(sale)
      return nil
    }
    open[sale] = generation
    return generation
  }

  /// Whether the sale limits a buyer. For stock that was not loaded yet this is not known, so it counts as limited.
  private func isLimited(_ level: LaneStock.Level?) -> Bool { level.map { $0.rules.perBuyerLimit != nil } ?? true }

  private mutating func need(_ key: StockKey, _ memory: LaneMemory) -> LaneStock.Level? {
    if let level = state.stock[key] { return level }
    guard let level = memory.levels[key] else {
      unknownStock.insert(key)
      return nil
    }
    state.stock[key] = level
    return level
  }

  private mutating func need(_ holder: LaneStock.Holder, _ memory: LaneMemory) {
    guard memory.holders.mayHold(holder) else { return }
    holders.insert(holder)
    if !memory.holders.knows(holder.sale) { unknownSales.insert(holder.sale) }
  }
}

/// The answer to `BatchNeeds`, as it stands under the fence.
package struct LoadedFacts: Sendable {
  /// Those of the orders that have their outcome.
  package var decided: [OrderID] = []

  /// Levels of those of the stock that exist.
  package var levels: [StockKey: LaneStock.Level] = [:]

  /// The open generation of each sale of which it was not known. One that the store has no row of has only the first.
  package var generations: [SaleNumber: OpenGeneration] = [:]

  private(set) var held: [LaneStock.Holder: Units] = [:]
  private var holders: [SaleNumber: Set<Int>] = [:]
  private var holderCounts: [SaleNumber: Int] = [:]

  /// Nothing was found.
  package init() {}

  /// One of the buyers holds so many units.
  package mutating func add(_ holder: LaneStock.Holder, holds units: Int64) {
    // A buyer without a limit can hold more than 32 bits over many items. No limit is above `stockUnits`, so that a sum
    // cut there decides the same, and leaves room for what this batch adds.
    held[holder] = Units(Int32(min(units, Int64(FlashSale.Limits.stockUnits))))
  }

  /// A buyer holds units of one of the unknown sales, which limits its buyers. Once for each order, or for each buyer.
  package mutating func add(holder buyer: BuyerID, of sale: SaleNumber) {
    holders[sale, default: []].insert(KnownHolders.hash(buyer))
    holderCounts[sale, default: 0] += 1
  }

  /// Who holds units of the sales that were asked for, as a memory takes it in.
  func holders(for needs: BatchNeeds) -> [SaleNumber: KnownHolders.Holders] {
    var known: [SaleNumber: KnownHolders.Holders] = [:]
    for sale in needs.unknownSales {
      let isWhole = holderCounts[sale, default: 0] <= needs.mostHolders
      known[sale] = isWhole ? .all(holders[sale] ?? []) : .tooMany
    }
    return known
  }
}
