internal import FlashSale
internal import Time

/// Looks at one sale's requests in the order of the log, and says whether the first who came was the first who was
/// served. Pure: it decides nothing anew, it looks at what the buyers were told.
///
/// (1) The records of a partition come by offset. Between partitions there is no order, and none is claimed.
/// (2) *Eligible* is who lost for want of stock alone. Who was over the limit, too early or too late loses whatever the
///     place.
/// (3) Unfair is a winner of as many units as an earlier eligible request of the same stock was refused: had they been
///     there later, they had been there then. No stock comes back in between, as long as nothing gives any back.
public struct FairnessCheck: Sendable {
  /// The refusal for want of stock that asked for the fewest units.
  private struct Refused {
    let position: LogPosition
    let quantity: Units
  }

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

  private var refused: [Shelf: Refused] = [:]
  private var latest: [Partition: Int64] = [:]
  private var lags: [Int64] = []
  private var arrivals: [(at: Int64, hasWon: Bool)] = []
  private var people: [BuyerID: Person] = [:]
  private(set) var counts = FairnessReport.Counts()
  private(set) var unfair: [String] = []

  /// Nothing was looked at.
  public init() {}

  /// Looks at the next record.
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

  private mutating func compare(_ record: FairnessRecord, _ outcome: Outcome) {
    switch outcome {
    case .confirmed:
      counts.confirmed += 1
      for line in record.request.lines {
        let stock = StockKey(sale: record.request.stock.sale, sku: line.sku)
        let shelf = Shelf(stock: stock, partition: record.position.partition)
        guard let refused = refused[shelf], line.quantity >= refused.quantity else { continue }
        return describe(record, line, refused)
      }
    case .waitlisted, .rejected(.soldOut), .rejected(.allHeld):
      counts.eligibleLosers += 1
      note(record, Units(1))
    case .rejected(.insufficientStock):
      counts.eligibleLosers += 1
      note(record, record.request.quantity)
    case .rejected: counts.ineligible += 1
    }
  }

  private mutating func describe(_ record: FairnessRecord, _ line: OrderLine, _ refused: Refused) {
    counts.unfair += 1
    guard unfair.count < Limits.describedPerKind else { return }
    unfair.append(
      """
      order \(record.request.order) at \(record.position) won \(line.quantity) of \(line.sku); the earlier eligible \
      request at \(refused.position) was refused \(refused.quantity)
      """)
  }

  /// A basket that was refused is not noted: its other lines may have been there, and which one was not, its fate does
  /// not say. The audit decides it again.
  private mutating func note(_ record: FairnessRecord, _ quantity: Units) {
    guard !record.request.isBasket else { return }
    let shelf = Shelf(stock: record.request.stock, partition: record.position.partition)
    if let known = refused[shelf], known.quantity <= quantity { return }
    refused[shelf] = Refused(position: record.position, quantity: quantity)
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
