internal import Writing

/// What became of accepted orders, counted. Units and money are those of the orders when they were over for their
/// buyers.
struct LifeFigures: Encodable, Equatable {
  struct Money: Encodable, Equatable {
    let currency: String
    let capturedMinor: Int
    /// Of the orders that are paid.
    let appliedMinor: Int
    let refundDueMinor: Int
  }

  let reserved: Int
  let waited: Int
  /// Of those who waited.
  let offered: Int
  let paid: Int
  /// Offers that were paid.
  let offersPaid: Int
  let expired: Int
  let cancelled: Int
  let cancelledInPart: Int
  let stillWaiting: Int
  /// How the provider told of payments.
  let moods: [String: Int]
  let money: [Money]

  init(_ lives: LifeResult) {
    reserved = lives.count { $0.story.reserved }
    waited = lives.count { $0.story.waited }
    offered = lives.count { $0.story.offered }
    paid = lives.count { $0.sight.state == .paid || $0.sight.state == .fulfilled }
    offersPaid = lives.count { $0.story.offered && ($0.sight.state == .paid || $0.sight.state == .fulfilled) }
    expired = lives.count { $0.sight.state == .expired }
    cancelled = lives.count { $0.story.cancelledUnits > 0 && !$0.sight.state.hasUnits }
    cancelledInPart = lives.count { $0.story.cancelledUnits > 0 && $0.sight.state.hasUnits }
    stillWaiting = lives.count { $0.sight.state == .waiting }
    var moods: [String: Int] = [:]
    var captured: [String: Int] = [:]
    var applied: [String: Int] = [:]
    for ending in lives.endings.values {
      if let mood = ending.story.mood { moods[mood.rawValue, default: 0] += 1 }
      captured.merge(ending.story.captured, uniquingKeysWith: +)
      if ending.sight.state == .paid || ending.sight.state == .fulfilled {
        applied[ending.sight.currency, default: 0] += ending.sight.minor
      }
    }
    self.moods = moods
    money = captured.sorted { $0.key < $1.key }.map { currency, minor in
      let applied = applied[currency] ?? 0
      return Money(
        currency: currency, capturedMinor: minor, appliedMinor: applied, refundDueMinor: minor - applied)
    }
  }

  /// For a person.
  static func text(_ lives: LifeResult) -> String? {
    guard !lives.isEmpty else { return nil }
    let figures = LifeFigures(lives)
    var orders = Table(leftAligned: 1, ["orders", ""])
    let rows = [
      ("reserved", figures.reserved), ("  paid", figures.paid), ("  expired", figures.expired),
      ("  cancelled", figures.cancelled), ("  cancelled in part", figures.cancelledInPart),
      ("waited", figures.waited), ("  offered units", figures.offered), ("  offers paid", figures.offersPaid),
      ("  still waiting", figures.stillWaiting),
    ]
    for (name, count) in rows { orders.add([name, grouped(count)]) }
    for (mood, count) in figures.moods.sorted(by: { $0.key < $1.key }) where figures.moods.count > 1 {
      orders.add(["payments: \(mood)", grouped(count)])
    }
    var money = Table(leftAligned: 1, ["money, minor units", "captured", "applied", "to be paid back"])
    for part in figures.money {
      money.add([part.currency] + [part.capturedMinor, part.appliedMinor, part.refundDueMinor].map(grouped))
    }
    return "What became of accepted orders\n" + orders.text + (figures.money.isEmpty ? "" : money.text)
      + answers(lives)
  }

  private static func answers(_ lives: LifeResult) -> String {
    var table = Table(leftAligned: 3, ["command", "", "answer", "requests", "p50", "p99", "max"])
    for (step, name) in [(Flight.Step.follow, "status"), (.pay, "pay"), (.cancel, "cancel")] {
      for kind in lives.tallies[step]?.kinds.sorted(by: { ($0.status, $1.count) < ($1.status, $0.count) }) ?? [] {
        let latencies = Percentiles(kind.latencies)
        table.add(
          [name, kind.status > 0 ? "\(kind.status)" : "none", String(decoding: kind.code, as: UTF8.self)]
            + [grouped(Int(kind.count))] + [latencies.p50, latencies.p99, latencies.max].map { milliseconds($0) })
      }
    }
    return table.text
  }
}
