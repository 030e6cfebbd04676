import FlashSale

/// What a lane knows of the generations of its sales: which is open, and which ids are in the closed ones.
///
/// (1) A batch is decided upon the open generation that is known here, and its transaction goes on only if that is the
///     open one under the fence (I8). So `open` may be out of date; that costs the batch a second try.
/// (2) A closed generation is complete: it was closed while no batch was in flight. So a filter of it has all its ids.
/// (3) An id that may be in a closed generation is looked up there: if its filter has it, and if there is no filter
///     yet.
package struct KnownGenerations: Sendable {
  private struct Known: Sendable {
    let open: OpenGeneration
    /// Rows that this lane wrote into the open one since it began, or since it last asked to close it.
    var written = 0
  }

  private let rows: Int
  private let looksUpClosed: Bool
  private var open: [SaleNumber: Generation] = [:]
  private var known: [SaleNumber: Known] = [:]
  /// By the generation's number.
  private var filters: [SaleNumber: [IDFilter?]] = [:]

  /// Closed generations of which there is no filter yet, in their order.
  private(set) var missing: [SaleGeneration] = []

  /// A generation that is large, as far as this lane can tell.
  private(set) var due: SaleGeneration?

  /// Knows nothing.
  init(tuning: LaneTuning) {
    rows = tuning.generationRows
    looksUpClosed = tuning.looksUpClosedGenerations
  }

  /// The open generation of a sale, if it is known.
  func open(of sale: SaleNumber) -> Generation? { open[sale] }

  /// Where orders of a sale are looked up that would be written into this generation.
  ///
  /// - Parameter alsoThere: whether they are looked up in the open one too.
  func search(of sale: SaleNumber, upTo open: Generation, alsoThere: Bool) -> OrderSearch {
    OrderSearch(
      filters: filters[sale] ?? [], open: open, looksUpClosed: looksUpClosed, alsoThere: alsoThere)
  }

  // MARK: What came of a batch

  /// Takes in which generations are open, and how many rows were written into them.
  mutating func add(_ loaded: [SaleNumber: OpenGeneration], _ written: [(SaleGeneration, rows: Int)]) {
    if !loaded.isEmpty {
      if known.count + loaded.count > Limits.rememberedLevels { forgetAll() }
      for (sale, generation) in loaded { opened(sale, generation) }
    }
    for (generation, rows) in written {
      guard var known = known[generation.sale], known.open.number == generation.number else { continue }
      known.written += rows
      // Each lane of the sale has written as much by then, more or less. Whether the generation is that large, the
      // store says.
      if known.written * known.open.lanes >= self.rows { due = generation }
      self.known[generation.sale] = known
    }
  }

  /// The generation to ask for to be closed, once.
  mutating func takeDue() -> SaleGeneration? {
    if let sale = due?.sale { known[sale]?.written = 0 }
    return due.take()
  }

  /// This generation of the sale is open now.
  mutating func opened(_ sale: SaleNumber, _ generation: OpenGeneration) {
    open[sale] = generation.number
    if known[sale]?.open != generation {
      let written = known[sale].map { $0.open.number == generation.number ? $0.written : 0 } ?? 0
      known[sale] = Known(open: generation, written: written)
    }
    let closed = Int(generation.number.rawValue)
    guard closed > filters[sale, default: []].count else { return }
    filters[sale, default: []] += Array(repeating: nil, count: closed - filters[sale, default: []].count)
    findMissing()
  }

  /// What is open has to be read again.
  mutating func doubt() {
    open = [:]
    due = nil
  }

  /// Takes in filters of closed generations. What is not missing is not taken. Past the limit, all sales but theirs are
  /// forgotten; what is too much by itself is not taken, and its orders are looked up.
  mutating func learn(_ learned: [SaleGeneration: IDFilter]) {
    guard !learned.isEmpty else { return }
    let added = learned.values.reduce(0) { $0 + $1.bytes }
    if bytes + added > Limits.filterBytes {
      let sales = Set(learned.keys.map(\.sale))
      open = open.filter { sales.contains($0.key) }
      known = known.filter { sales.contains($0.key) }
      filters = filters.filter { sales.contains($0.key) }
      findMissing()
    }
    guard bytes + added <= Limits.filterBytes else { return }
    for generation in missing {
      if let filter = learned[generation] { filters[generation.sale]?[Int(generation.number.rawValue)] = filter }
    }
    findMissing()
  }

  private var bytes: Int { filters.values.joined().reduce(0) { $0 + ($1?.bytes ?? 0) } }

  private mutating func forgetAll() {
    (open, known, filters, missing, due) = ([:], [:], [:], [], nil)
  }

  private mutating func findMissing() {
    missing = filters.flatMap { sale, filters in
      filters.indices.filter { filters[$0] == nil }.map { SaleGeneration(sale, Generation(rawValue: Int32($0))) }
    }.sorted()
  }
}

/// Where the orders of one sale may have their outcome already. It is made once for many orders, because each order is
/// asked of many filters.
struct OrderSearch {
  /// Of the closed generations, by their numbers.
  let filters: [IDFilter?]
  let open: Generation
  let looksUpClosed: Bool
  let alsoThere: Bool

  /// Whether nothing is ever looked up.
  var isEmpty: Bool { !alsoThere && open == .first }

  /// Adds where the orders are looked up.
  func addProbes(for orders: [OrderID], to probes: inout [OrderProbe]) {
    var rest = orders[...]
    while open > .first, !rest.isEmpty {
      // So few that their marks stay in the processor's cache while filter after filter is asked.
      addProbes(for: rest.prefix(Limits.ordersAskedAtOnce), inClosedTo: &probes)
      rest = rest.dropFirst(Limits.ordersAskedAtOnce)
    }
    if alsoThere { for order in orders { probes.append(OrderProbe(order, open)) } }
  }

  private func addProbes(for orders: ArraySlice<OrderID>, inClosedTo probes: inout [OrderProbe]) {
    let marks = orders.map { IDFilter.Mark($0) }
    for number in 0..<Int(open.rawValue) {
      let generation = Generation(rawValue: Int32(number))
      if number < filters.count, let filter = filters[number] {
        filter.forEach(of: marks) { probes.append(OrderProbe(orders[orders.startIndex + $0], generation)) }
      } else if looksUpClosed {
        for order in orders { probes.append(OrderProbe(order, generation)) }
      }
    }
  }
}
