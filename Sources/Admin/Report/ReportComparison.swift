internal import FlashSale
internal import SaleStore
internal import Time

/// Two sales' reports beside each other, in the numbers that can be compared.
struct ReportComparison {
  struct Row: Equatable {
    let name: String
    let now: String
    let then: String
    /// How the first compares with the second, as `+12.5 %`; empty where that says nothing.
    let change: String
  }

  let rows: [Row]

  init(_ now: SaleReport, with then: SaleReport, _ say: Phrasebook) {
    func count(_ name: ComparisonWords, _ value: (SaleReport) -> Int64?) -> Row {
      let (a, b) = (value(now), value(then))
      return Row(
        name: say(name), now: a?.grouped ?? say(ReportWords.unknown), then: b?.grouped ?? say(ReportWords.unknown),
        change: Self.change(a.map(Double.init), b.map(Double.init)))
    }
    func time(_ name: ComparisonWords, _ value: (SaleReport) -> Double?) -> Row {
      let (a, b) = (value(now), value(then))
      return Row(
        name: say(name), now: a.map { "\($0.grouped(digits: 1)) ms" } ?? "–",
        then: b.map { "\($0.grouped(digits: 1)) ms" } ?? "–", change: Self.change(a, b))
    }
    let currencies = Set((now.money + then.money).map(\.currency)).sorted()
    rows =
      [
        count(.putUp) { $0.items.reduce(0) { $0 + Int64($1.stock.rawValue) } },
        count(.unitsSold) { $0.items.reduce(0) { $0 + $1.sold } },
        count(.unitsLeft) { $0.items.reduce(0) { $0 + Int64($1.left.rawValue) } },
        count(.asked) { $0.asked }, count(.refused) { $0.door.refused },
        count(.accepted) { $0.requests.accepted }, count(.confirmed) { $0.requests.confirmed },
        count(.rejected) { $0.requests.rejectedInAll }, count(.quarantined) { $0.requests.quarantined },
        time(.sellOut) { $0.sellOutMilliseconds },
        time(.p50) { $0.decisionDelay?.p50 }, time(.p99) { $0.decisionDelay?.p99 },
      ]
      + currencies.map { currency in
        let (a, b) = (now.applied(currency), then.applied(currency))
        return Row(
          name: say(ComparisonWords.revenue, currency), now: Money(minor: a, currency: currency).groupedAmount,
          then: Money(minor: b, currency: currency).groupedAmount, change: Self.change(Double(a), Double(b)))
      }
  }

  private static func change(_ now: Double?, _ then: Double?) -> String {
    guard let now, let then, then > 0 else { return "" }
    let percent = (now - then) / then * 100
    return "\(percent > 0 ? "+" : percent < 0 ? "−" : "±")\(percent.magnitude.grouped(digits: 1)) %"
  }
}

extension SaleReport {
  /// From the opening to the last sale, in milliseconds, once nothing is left; `nil` before. Units that came back and
  /// were sold again count.
  var sellOutMilliseconds: Double? {
    guard items.allSatisfy({ $0.left == .zero }), let last = lastSaleAt else { return nil }
    return Double(last.microseconds(since: startsAt)) / 1_000
  }

  /// What is paid for units, in minor units of a currency.
  fileprivate func applied(_ currency: String) -> Int64 {
    money.first { $0.currency == currency }?.applied ?? 0
  }
}
