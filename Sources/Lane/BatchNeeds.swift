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

  /// Limit subjects that something may be counted for.
  package private(set) var subjects: Set<LaneStock.Subject> = []

  /// Sales of which all subjects are asked for that anything is counted for.
  package private(set) var subjectSales: Set<SaleNumber> = []

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
      && subjects.isEmpty && subjectSales.isEmpty
  }

  /// Collects the keys of the records; what the lane remembers goes into the state.
  init(_ entries: ArraySlice<LogEntry>, _ memory: LaneMemory) {
    tuning = memory.tuning
    looksUpOrders = memory.looksUpOrders
    generations = memory.generations
    if looksUpOrders { probes.reserveCapacity(entries.count) }
    var last: SaleNumber?
    var search: OrderSearch?
    var orders: [OrderID] = []
    for entry in entries {
      guard let record = entry.record else { continue }
      let level = need(record.stock, memory)
      guard let request = record.request else { continue }
      let sale = request.order.sale
      if sale != last {
        search?.addProbes(for: orders, to: &probes)
        orders.removeAll(keepingCapacity: true)
        (last, search) = (sale, need(generationOf: sale).flatMap { self.search(of: sale, upTo: $0) })
      }
      if search != nil { orders.append(request.order) }
      if isLimited(level) { need(LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer), memory) }
      if !request.terms.isEmpty { need(subjectsOf: request, memory) }
    }
    search?.addProbes(for: orders, to: &probes)
  }

  /// What is still to be looked up once these generations are known to be open; `nil` if nothing is.
  func lookUps(_ entries: ArraySlice<LogEntry>, _ found: [SaleNumber: OpenGeneration]) -> BatchNeeds? {
    guard !found.isEmpty, looksUpOrders || found.values.contains(where: { $0.number > .first }) else { return nil }
    var rest = self
    (rest.unknownGenerations, rest.holders, rest.unknownSales, rest.unknownStock) = ([], [], [], [])
    (rest.subjects, rest.subjectSales) = ([], [])
    rest.probes = []
    let orders = Dictionary(grouping: entries.compactMap { $0.record?.request?.order }, by: \.sale)
    for (sale, generation) in found {
      search(of: sale, upTo: generation.number)?.addProbes(for: orders[sale] ?? [], to: &rest.probes)
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
    guard memory.holders.mayHold(holder.buyer.holderHash, of: holder.sale) else { return }
    holders.insert(holder)
    if !memory.holders.knows(holder.sale) { unknownSales.insert(holder.sale) }
  }

  private mutating func need(subjectsOf request: PurchaseRequest, _ memory: LaneMemory) {
    for subject in request.terms.subjects {
      let subject = request.counted(subject)
      guard memory.subjects.mayHold(subject.holderHash, of: subject.sale) else { continue }
      subjects.insert(subject)
      if !memory.subjects.knows(subject.sale) { subjectSales.insert(subject.sale) }
    }
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
  private(set) var heldBySubject: [LaneStock.Subject: Units] = [:]
  private var holders = FoundHolders()
  private var subjects = FoundHolders()

  /// Nothing was found.
  package init() {}

  /// One of the buyers holds so many units.
  package mutating func add(_ holder: LaneStock.Holder, holds units: Int64) { held[holder] = Self.bounded(units) }

  /// So much is counted for one of the subjects.
  package mutating func add(_ subject: LaneStock.Subject, counts: Int64) {
    heldBySubject[subject] = Self.bounded(counts)
  }

  /// A buyer without a limit can hold more than 32 bits over many items. No limit is above `stockUnits`, so that a sum
  /// cut there decides the same, and leaves room for what this batch adds.
  private static func bounded(_ units: Int64) -> Units { Units(Int32(min(units, Int64(FlashSale.Limits.stockUnits)))) }

  /// A buyer holds units of one of the unknown sales, which limits its buyers. Once for each order, or for each buyer.
  package mutating func add(holder buyer: BuyerID, of sale: SaleNumber) { holders.add(buyer.holderHash, of: sale) }

  /// Something is counted for a subject of one of the sales whose subjects are asked for. Once for each order.
  package mutating func add(holder subject: LaneStock.Subject) { subjects.add(subject.holderHash, of: subject.sale) }

  /// Who holds units of the sales that were asked for, as a memory takes it in.
  func holders(for needs: BatchNeeds) -> [SaleNumber: KnownHolders.Holders] {
    holders.known(of: needs.unknownSales, most: needs.mostHolders)
  }

  /// The same of limit subjects.
  func subjects(for needs: BatchNeeds) -> [SaleNumber: KnownHolders.Holders] {
    subjects.known(of: needs.subjectSales, most: needs.mostHolders)
  }
}
