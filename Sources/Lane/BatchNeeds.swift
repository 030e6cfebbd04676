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

  /// What commands name and the lane does not remember; `nil`: nothing.
  package var commands: CommandNeeds? { named.isEmpty ? nil : named }

  private var named = CommandNeeds()

  /// The orders that commands name.
  private(set) var awaited: Set<OrderID> = []

  /// Stock that the lane does not remember, and with it who waits for it.
  package private(set) var unknownStock: Set<StockKey> = []

  /// Whether these are the needs of baskets that commands name, which are known only now.
  package private(set) var loadsBasketStock = false

  let tuning: LaneTuning

  /// What the lane remembers of stock that the batch does not name: an order that a command names can be a basket. Only
  /// of a batch with commands.
  private var remembered: (levels: [StockKey: LaneStock.Level], waitlists: [StockKey: Waitlist]) = ([:], [:])

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
      && subjects.isEmpty && subjectSales.isEmpty && commands == nil
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
    // Most records are of the stock of the one before. By index, because a loop over the entries copies each.
    var (stock, level): (StockKey?, LaneStock.Level?) = (nil, nil)
    for index in entries.indices {
      guard let record = entries[index].record else { continue }
      if record.stock != stock { (stock, level) = (record.stock, need(record.stock, memory)) }
      guard let request = record.request else {
        switch record {
        case .order(let command):
          need(command, level, memory)
          remembered = (memory.levels, memory.waitlists)
        case .stock(let command): named.add(command)
        case .place, .close: break
        }
        continue
      }
      let sale = request.order.sale
      if sale != last {
        search?.addProbes(for: orders, to: &probes)
        orders.removeAll(keepingCapacity: true)
        (last, search) = (sale, need(generationOf: sale).flatMap { self.search(of: sale, upTo: $0) })
      }
      if search != nil { orders.append(request.order) }
      if isLimited(level) { need(LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer), memory) }
      if !request.terms.isEmpty {
        need(subjectsOf: request, memory)
        for line in request.terms.lines { _ = need(StockKey(sale: request.stock.sale, sku: line.sku), memory) }
      }
    }
    search?.addProbes(for: orders, to: &probes)
  }

  /// What is still to be looked up once this is known; `nil` if nothing is. Orders are looked up in generations that
  /// are open, and stock is loaded that baskets have units of.
  mutating func lookUps(_ entries: ArraySlice<LogEntry>, _ facts: LoadedFacts) -> BatchNeeds? {
    var rest = self
    (rest.unknownGenerations, rest.holders, rest.unknownSales, rest.unknownStock) = ([], [], [], [])
    (rest.subjects, rest.subjectSales, rest.named) = ([], [], CommandNeeds())
    (rest.probes, rest.remembered) = ([], ([:], [:]))
    rest.unknownStock = takeStock(of: facts)
    rest.loadsBasketStock = !rest.unknownStock.isEmpty
    let found = facts.generations
    if looksUpOrders || found.values.contains(where: { $0.number > .first }) {
      let orders = Dictionary(grouping: entries.compactMap { $0.record?.request?.order }, by: \.sale)
      for (sale, generation) in found {
        search(of: sale, upTo: generation.number)?.addProbes(for: orders[sale] ?? [], to: &rest.probes)
      }
    }
    return rest.probes.isEmpty && rest.unknownStock.isEmpty ? nil : rest
  }

  /// Takes in what the lane remembers of stock that baskets have units of.
  ///
  /// - Returns: the rest of it, which is still to be loaded.
  private mutating func takeStock(of facts: LoadedFacts) -> Set<StockKey> {
    var unknown: Set<StockKey> = []
    for case .hold(let hold) in facts.lives.values {
      for line in hold.lines {
        let key = StockKey(sale: hold.stock.sale, sku: line.sku)
        guard state.stock[key] == nil, facts.levels[key] == nil else { continue }
        guard let level = remembered.levels[key] else {
          unknown.insert(key)
          continue
        }
        state.stock[key] = level
        if let waitlist = remembered.waitlists[key] { state.waitlists[key] = waitlist }
      }
    }
    return unknown
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

  /// Whether what a buyer holds decides anything. For stock that was not loaded yet this is not known, so it counts as
  /// if it did.
  private func isLimited(_ level: LaneStock.Level?) -> Bool { level.map(\.rules.countsBuyers) ?? true }

  private mutating func need(_ command: OrderCommand, _ level: LaneStock.Level?, _ memory: LaneMemory) {
    awaited.insert(command.order)
    let known = memory.lives[command.order]
    if let known {
      state.lives[command.order] = .hold(known)
      for line in known.lines { _ = need(StockKey(sale: known.stock.sale, sku: line.sku), memory) }
    }
    named.add(command, isKnown: known != nil, looksUpPayment: looksUpOrders)
    // A late payment takes units for the buyer anew.
    guard case .pay = command.action, let buyer = command.buyer else { return }
    guard level?.rules.holds?.latePayment != .refund, isLimited(level) else { return }
    need(LaneStock.Holder(sale: command.stock.sale, buyer: buyer), memory)
  }

  private mutating func need(_ key: StockKey, _ memory: LaneMemory) -> LaneStock.Level? {
    if let level = state.stock[key] { return level }
    guard let level = memory.levels[key] else {
      unknownStock.insert(key)
      return nil
    }
    state.stock[key] = level
    if let waitlist = memory.waitlists[key] { state.waitlists[key] = waitlist }
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

/// What must be loaded of what commands name.
package struct CommandNeeds: Sendable {
  /// Those of the orders whose lives the lane does not remember.
  package private(set) var orders: Set<OrderID> = []

  /// Those of the commands about orders that can be known again.
  package private(set) var keys: Set<LaneStock.CommandKey> = []

  /// Payments that are named.
  package private(set) var payments: Set<Payment.Key> = []

  /// Those of the commands about stock that can be known again.
  package private(set) var stockKeys: Set<LaneStock.StockCommandKey> = []

  /// Whether anything of orders is to be loaded.
  package var areAboutOrders: Bool { !orders.isEmpty || !keys.isEmpty || !payments.isEmpty }

  var isEmpty: Bool { !areAboutOrders && stockKeys.isEmpty }

  /// Nothing is named yet.
  init() {}

  /// What any command about one order names.
  package init(about order: OrderID) { orders = [order] }

  mutating func add(_ command: StockCommand) {
    if let id = command.id { stockKeys.insert(LaneStock.StockCommandKey(stock: command.stock, id: id)) }
  }

  /// - Parameter looksUpPayment: whether the payment of an order that is known is looked up.
  mutating func add(_ command: OrderCommand, isKnown: Bool, looksUpPayment: Bool) {
    if !isKnown { orders.insert(command.order) }
    if command.action.isKnownByID, let id = command.id {
      keys.insert(LaneStock.CommandKey(order: command.order, stock: command.stock, id: id))
    }
    switch command.action {
    case .pay(let capture):
      if !isKnown || looksUpPayment { payments.insert(Payment.Key(sale: command.stock.sale, id: capture.payment)) }
    case .refunded(let payment, _, _): payments.insert(Payment.Key(sale: command.stock.sale, id: payment))
    case .cancel, .release, .extend, .expire, .fulfil: break
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

  /// What is known of the orders that commands name.
  package var lives: [OrderID: LaneStock.Life] = [:]

  /// What the first command with each id asked for, of those that were decided before.
  package var done: [LaneStock.CommandKey: CommandDigest] = [:]
  package var doneToStock: [LaneStock.StockCommandKey: CommandDigest] = [:]

  /// Payments that commands name, and those that the units of `lives` are paid with.
  package var payments: [Payment.Key: Payment] = [:]

  private(set) var waitlists: [StockKey: Waitlist] = [:]
  private(set) var held: [LaneStock.Holder: Units] = [:]
  private(set) var lapses: [LaneStock.Holder: Int64] = [:]
  private(set) var lapsesBySubject: [LaneStock.Subject: Int64] = [:]
  private(set) var heldBySubject: [LaneStock.Subject: Units] = [:]
  private var holders = FoundHolders()
  private var subjects = FoundHolders()

  /// Nothing was found.
  package init() {}

  /// One of the buyers holds so many units, and has let so many holds lapse.
  package mutating func add(_ holder: LaneStock.Holder, holds units: Int64, lapses: Int64) {
    held[holder] = Self.bounded(units)
    if lapses > 0 { self.lapses[holder] = lapses }
  }

  /// One waits for one of the unknown stocks. In the order of the log.
  package mutating func add(waiting hold: Hold) { waitlists[hold.stock, default: Waitlist()].add(hold) }

  /// Takes in what was loaded after it.
  mutating func add(_ more: LoadedFacts) {
    decided += more.decided
    levels.merge(more.levels) { _, loaded in loaded }
    waitlists.merge(more.waitlists) { _, loaded in loaded }
  }

  /// So much is counted for one of the subjects, and so many of its holds have lapsed.
  package mutating func add(_ subject: LaneStock.Subject, counts: Int64, lapses: Int64) {
    heldBySubject[subject] = Self.bounded(counts)
    if lapses > 0 { lapsesBySubject[subject] = lapses }
  }

  /// A buyer without a limit can hold more than 32 bits over many items. No limit is above `stockUnits`, so that a sum
  /// cut there decides the same, and leaves room for what this batch adds.
  private static func bounded(_ units: Int64) -> Units { Units(Int32(min(units, Int64(FlashSale.Limits.stockUnits)))) }

  /// A buyer holds units of one of the unknown sales, or has let a hold lapse, and the sale counts that. Once for each
  /// order, or for each buyer.
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
