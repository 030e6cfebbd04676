public import FlashSale
internal import Time

/// Looks at one sale's records in the order of the log, and says whether the first who came was the first who was
/// served. Pure: it decides nothing anew, it looks at what the buyers were told and at what came back.
///
/// (1) The records of a partition come by offset. Between partitions there is no order, and none is claimed.
/// (2) *Eligible* is who lost for want of stock alone, or waits. Who was over the limit, too early or too late loses
///     whatever the place.
/// (3) Unfair is who won units that cannot have been left, or that one who waits had to get: `FairnessShelf` says so.
public struct FairnessCheck: Sendable {
  private struct Shelf: Hashable {
    let stock: StockKey
    let partition: Partition
  }

  /// One buyer, over all of their requests.
  private struct Person {
    var requests: Int32 = 0
    var won: Int32 = 0
    /// Of the first one.
    var arrival: Int64
  }

  private let rules: [StockKey: SaleRules]
  private var shelves: [Shelf: FairnessShelf] = [:]

  /// The SKUs of baskets that won, by line.
  private var baskets: [OrderID: [SKU]] = [:]
  private var latest: [Partition: Int64] = [:]
  private var lags: [Int64] = []
  private var arrivals: [(at: Int64, hasWon: Bool)] = []
  private var people: [BuyerID: Person] = [:]
  private(set) var counts = FairnessReport.Counts()
  private(set) var unfair: [String] = []

  /// Nothing was looked at.
  ///
  /// - Parameter rules: of the sale's stock, as the log began with them.
  public init(rules: [StockKey: SaleRules] = [:]) { self.rules = rules }

  /// Looks at the next request.
  public mutating func take(_ record: FairnessRecord) {
    counts.requests += 1
    let (request, accepted) = (record.request, record.request.acceptedAt.microseconds)
    // How much later somebody ahead in the line was accepted, by intakes' clocks.
    let last = latest[record.position.partition] ?? accepted
    lags.append(max(0, last - accepted))
    latest[record.position.partition] = max(last, accepted)

    var person = people[request.buyer] ?? Person(arrival: accepted)
    person.requests += 1
    person.arrival = min(person.arrival, accepted)
    defer { people[request.buyer] = person }
    switch record.fate {
    case .decided(let outcome):
      counts.decided += 1
      arrivals.append((accepted, outcome.holdsUnits))
      if outcome.holdsUnits { person.won += 1 }
      compare(record, outcome)
    case .repeated: counts.repeats += 1
    case .quarantined: counts.quarantined += 1
    case .missing: counts.missing += 1
    }
  }

  /// Looks at the next thing that a record did. What it did at a request's offset comes behind the request.
  public mutating func take(_ change: FairnessChange) {
    let shelf = shelf(of: change.stock, at: change.position)
    shelves[shelf]?.pass(change.at, endsAt: change.endsAt)
    let units = Int64(change.units)
    guard let order = change.order else {
      shelves[shelf]?.add(units)
      return
    }
    if change.isOffer {
      guard let (units, passedOver) = shelves[shelf]?.offer(order, changing: units), let passedOver else { return }
      describe(order, change.position, units, change.stock.sku, passedOver)
    } else if shelves[shelf]?.isWaiting(order) == true {
      shelves[shelf]?.change(order, by: units, isWaiting: change.isWaiting)
    } else if units != 0 {
      takeUnits(of: order, change)
    }
  }

  /// An order with units gives some back; or one that had given them back has them again, as it was paid late.
  private mutating func takeUnits(of order: OrderID, _ change: FairnessChange) {
    guard let parts = parts(of: change, order) else { return forget(change.position.partition) }
    for (sku, units) in parts where units != 0 {
      let shelf = self.shelf(of: StockKey(sale: change.stock.sale, sku: sku), at: change.position)
      if units < 0 {
        shelves[shelf]?.add(-units)
      } else if let passedOver = shelves[shelf]?.win(units, at: change.position.offset) {
        return describe(order, change.position, units, sku, passedOver)
      }
    }
  }

  /// By how much the units of each of an order's SKUs have changed; `nil`: that cannot be known.
  private func parts(of change: FairnessChange, _ order: OrderID) -> [(SKU, Int64)]? {
    guard let lines = baskets[order] else {
      return change.lineUnits.isEmpty ? [(change.stock.sku, Int64(change.units))] : nil
    }
    return lines.count == change.lineUnits.count ? Array(zip(lines, change.lineUnits.map(Int64.init))) : nil
  }

  /// Of a basket whose lines cannot be known, units may have come back to any stock.
  private mutating func forget(_ partition: Partition) {
    for shelf in shelves.keys where shelf.partition == partition { shelves[shelf]?.forget() }
  }

  private mutating func compare(_ record: FairnessRecord, _ outcome: Outcome) {
    let (request, position) = (record.request, record.position)
    let units = Int64(request.quantity.rawValue)
    let shelf = shelf(of: request.stock, at: position)
    shelves[shelf]?.pass(request.acceptedAt)
    switch outcome {
    case .confirmed:
      counts.confirmed += 1
      if request.isBasket { baskets[request.order] = request.lines.map(\.sku) }
      win(request, position)
    case .waitlisted:
      counts.eligibleLosers += 1
      shelves[shelf]?.wait(request.order, units, at: position.offset)
    case .rejected(.soldOut), .rejected(.allHeld), .rejected(.insufficientStock):
      counts.eligibleLosers += 1
      // Of a basket, the other lines may have been there, and which one was not, its fate does not say. The audit
      // decides it again.
      guard !request.isBasket else { return }
      shelves[shelf]?.refuse(units, isEmpty: outcome != .rejected(.insufficientStock), at: position.offset)
    case .rejected: counts.ineligible += 1
    }
  }

  private mutating func win(_ request: PurchaseRequest, _ position: LogPosition) {
    var isDescribed = false
    for line in request.lines {
      let shelf = shelf(of: StockKey(sale: request.stock.sale, sku: line.sku), at: position)
      let units = Int64(line.quantity.rawValue)
      guard let passedOver = shelves[shelf]?.win(units, at: position.offset), !isDescribed else { continue }
      describe(request.order, position, units, line.sku, passedOver)
      isDescribed = true
    }
  }

  /// The shelf of a stock, which is there from then on.
  private mutating func shelf(of stock: StockKey, at position: LogPosition) -> Shelf {
    let shelf = Shelf(stock: stock, partition: position.partition)
    if shelves[shelf] == nil { shelves[shelf] = FairnessShelf(rules[stock]) }
    return shelf
  }

  private mutating func describe(
    _ order: OrderID, _ position: LogPosition, _ units: Int64, _ sku: SKU, _ passedOver: FairnessShelf.PassedOver
  ) {
    counts.unfair += 1
    guard unfair.count < Limits.describedPerKind else { return }
    let earlier = LogPosition(partition: position.partition, offset: passedOver.offset)
    unfair.append(
      """
      order \(order) at \(position) won \(units) of \(sku); the earlier eligible request at \(earlier) \
      \(passedOver.words)
      """)
  }
}

// MARK: - What it comes to

extension FairnessCheck {
  /// How far the order of the log is from the order of arrival, by intakes' stamps.
  var resolution: FairnessReport.Resolution {
    let sorted = lags.sorted()
    func quantile(_ share: Double) -> Double {
      guard let last = sorted.indices.last else { return 0 }
      return Double(sorted[Int((Double(last) * share).rounded(.up))]) / 1_000
    }
    return FairnessReport.Resolution(
      p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: quantile(1), overtaken: Int64(lags.count { $0 > 0 }))
  }

  /// The first decisions by when they were accepted, in ten parts of the same size.
  var deciles: [FairnessReport.Decile] {
    let sorted = arrivals.sorted { $0.at < $1.at }
    return (0..<10).map { decile in
      let part = sorted[(sorted.count * decile / 10)..<(sorted.count * (decile + 1) / 10)]
      return FairnessReport.Decile(
        decile: decile + 1, requests: Int64(part.count), confirmed: Int64(part.count { $0.hasWon }),
        from: part.first.map { Timestamp(microseconds: $0.at).description },
        to: part.last.map { Timestamp(microseconds: $0.at).description })
    }
  }

  /// Buyers by how often they asked.
  var persistence: [FairnessReport.Persistence] {
    let steps: [ClosedRange<Int32>] = [1...1, 2...2, 3...5, 6...10, 11...100, 101...(.max)]
    return steps.compactMap { step in
      let group = people.values.filter { step.contains($0.requests) }
      guard !group.isEmpty else { return nil }
      return FairnessReport.Persistence(
        requests: step.upperBound == .max
          ? "101 or more"
          : step.count == 1
            ? "\(step.lowerBound)"
            : "\(step.lowerBound) to \(step.upperBound)",
        buyers: Int64(group.count), winners: Int64(group.count { $0.won > 0 }))
    }
  }

  /// What asking again gained: those who asked more than once, beside what those who asked once got who came as early.
  var retrying: FairnessReport.Retrying? {
    let all = people.values.sorted { $0.arrival < $1.arrival }
    var (retriers, won, expected, compared) = (0, 0, 0.0, 0)
    for decile in 0..<10 {
      let part = all[(all.count * decile / 10)..<(all.count * (decile + 1) / 10)]
      let (honest, others) = (part.filter { $0.requests == 1 }, part.filter { $0.requests > 1 })
      retriers += others.count
      guard !honest.isEmpty else { continue }
      compared += others.count
      won += others.count { $0.won > 0 }
      expected += Double(others.count) * Double(honest.count { $0.won > 0 }) / Double(honest.count)
    }
    guard retriers > 0 else { return nil }
    return FairnessReport.Retrying(
      buyers: Int64(retriers), compared: Int64(compared), winners: Int64(won), expected: expected)
  }
}
