internal import FlashSale
internal import Lane

/// The store's side of generations, as `SaleStore/Lanes/Generations.swift` has it.
extension SimulatedStore {
  enum Closing { case closed, busy }

  /// The generation that a sale's rows are added to. Each lane is taken to have its share of the sale.
  func openGeneration(of sale: SaleNumber) -> OpenGeneration {
    let number = openGenerations[sale] ?? .first
    return OpenGeneration(number, lanes: progress.count, closedSize: closedSizes[sale])
  }

  /// Closes a generation, unless a batch is in flight; until it is closed, or given up, none begins.
  mutating func close(_ generation: SaleGeneration, by session: Session) -> Closing {
    guard open.isEmpty || bug == .closedInFlight else {
      closers.insert(session)
      return .busy
    }
    openGenerations[generation.sale] = generation.number.next
    closedSizes[generation.sale] = Int64(size(of: generation))
    closers.remove(session)
    return .closed
  }

  /// Gives a closing up.
  mutating func stopClosing(_ session: Session) { closers.remove(session) }

  /// Whether an order has its row, in whichever generation.
  func has(_ order: OrderID) -> Bool { orders.keys.contains { $0.order == order } }

  /// Goes on only if these are open. The caller is behind its fence.
  func require(_ expected: [SaleGeneration]) -> StepAnswer {
    let isCurrent =
      bug == .generationNotChecked || expected.allSatisfy { openGeneration(of: $0.sale).number == $0.number }
    return isCurrent ? .done : .generationClosed
  }

  /// Whether that part of the sale's orders is the one that rows are added to.
  func isOpen(_ probe: OrderProbe) -> Bool { openGeneration(of: probe.order.sale).number == probe.generation }

  /// How many orders a generation has.
  func size(of generation: SaleGeneration) -> Int { ids(of: generation).count }

  /// The orders of a generation, as they are committed now.
  func ids(of generation: SaleGeneration) -> [OrderID] {
    orders.keys.filter { $0.order.sale == generation.sale && $0.generation == generation.number }.map(\.order)
  }

  /// The same without those of the last batch that has added to it.
  func idsBeforeTheLast(of generation: SaleGeneration) -> [OrderID] {
    let batches = journal.map { batch in
      Set(batch.orders.filter { $0.generation == generation.number }.map(\.request.order))
        .filter { $0.sale == generation.sale }
    }
    let last = batches.last { !$0.isEmpty } ?? []
    return ids(of: generation).filter { !last.contains($0) }
  }
}

extension SimulatedStore.Order {
  /// The primary key.
  var key: OrderProbe { OrderProbe(request.order, generation) }
}

// MARK: - The lane's side

extension World {
  /// Closes a generation once no batch is in flight. Tries for a while, in which no batch begins.
  mutating func close(_ lane: Int, _ generation: SaleGeneration, from rows: Int) {
    guard let session = lanes[lane].session, store.isOpen(session) else {
      return closed(lane, generation, "the session is gone", nil)
    }
    let open = store.openGeneration(of: generation.sale)
    guard open.number == generation.number else {
      met(.closedByAnother)
      return closed(lane, generation, "was closed by another lane", open)
    }
    guard store.size(of: generation) >= rows else {
      met(.generationSmall)
      return closed(lane, generation, "is not large yet", open)
    }
    switch store.close(generation, by: session) {
    case .closed:
      met(.generationClosed)
      closed(lane, generation, "is closed", store.openGeneration(of: generation.sale))
    case .busy where lanes[lane].closingTries < Limits.lockTries:
      met(.closingWaited)
      lanes[lane].closingTries += 1
      after(transactionStep, .laneContinues(lane))
    case .busy:
      met(.closingGivenUp)
      closed(lane, generation, "is not closed: batches are in flight", nil)
    }
  }

  private mutating func closed(_ lane: Int, _ generation: SaleGeneration, _ what: String, _ open: OpenGeneration?) {
    lanes[lane].closingTries = 0
    if let session = lanes[lane].session { store.stopClosing(session) }
    tell(lane, .coreClosed, "\(generation) \(what)") { $0.closed(generation.sale, open) }
    if let open, open.number > generation.number, !lanes[lane].core.missingFilters.contains(generation) {
      met(.filterOwned)
    }
  }

  /// Filters come late, or never.
  mutating func learnFilters(on lane: Int) {
    let missing = lanes[lane].core.memory.missingFilters
    guard !missing.isEmpty else { return }
    guard random.happens(perMille: filters) else { return met(.filterMissing) }
    met(.filterLearned)
    var learned: [SaleGeneration: IDFilter] = [:]
    for generation in missing {
      // A planted bug makes it while the generation is still written.
      let ids = bug == .filterLacksOrders ? store.idsBeforeTheLast(of: generation) : store.ids(of: generation)
      learned[generation] = IDFilter(for: ids.count)
      for id in ids { learned[generation]?.insert(id) }
    }
    met(.coreLearn)
    lanes[lane].core.learn(learned)
  }
}
