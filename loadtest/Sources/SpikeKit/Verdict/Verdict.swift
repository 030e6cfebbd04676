/// One thing that must hold, and whether it did.
struct Check: Equatable, Sendable {
  enum Result: Equatable, Sendable {
    case held
    /// With examples of what went wrong, and how many cases there were.
    case failed(examples: [String], count: Int)
    case unchecked(why: String)
  }

  /// The invariant's number in the design.
  let invariant: String
  let statement: String
  let result: Result

  static func of(_ invariant: String, _ statement: String, _ violations: Violations) -> Check {
    Check(
      invariant: invariant, statement: statement,
      result: violations.count == 0 ? .held : .failed(examples: violations.examples, count: violations.count))
  }
}

/// Cases that break a rule: all counted, some named.
struct Violations: Sendable {
  private(set) var count = 0
  private(set) var examples: [String] = []

  init(_ found: [String] = []) {
    for example in found { add(example) }
  }

  mutating func add(_ others: Violations) {
    count += others.count
    examples += others.examples.prefix(Limits.examples - examples.count)
  }

  mutating func add(_ example: @autoclosure () -> String) {
    count += 1
    if examples.count < Limits.examples { examples.append(example()) }
  }
}

/// Judges a run. Pure: the same evidence gives the same verdict.
struct Verdict: Sendable {
  enum Outcome: Equatable, Sendable { case held, failed, unchecked }

  let checks: [Check]

  var outcome: Outcome {
    var outcome = Outcome.held
    for check in checks {
      switch check.result {
      case .failed: return .failed
      case .unchecked: outcome = .unchecked
      case .held: break
      }
    }
    return outcome
  }

  /// - Parameters:
  ///   - after: The sale when all was decided; `nil` if it could not be read.
  ///   - room: What was seen in a waiting room.
  ///   - more: What else was checked.
  init(_ evidence: Evidence, units: Units, after: Sale?, room: RoomSight = RoomSight(), more: [Check] = []) {
    let inRoom =
      room.isEmpty ? [] : [Check.of("I9", "every buyer had one place in the room, over all tabs", room.doubled)]
    let always = [
      Self.usable(evidence),
      Self.decided(evidence),
      Self.oneOutcome(evidence),
      Self.oneOrder(evidence),
      Self.notOversold(evidence, units, after),
      Self.withinLimit(evidence, units),
      Self.addsUp(units, after),
      evidence.hasLives ? Self.nobodyWaits(evidence, after) : Self.notUndersold(evidence, units, after),
    ]
    checks = always + inRoom + more
  }

  private static func usable(_ evidence: Evidence) -> Check {
    var violations = Violations()
    for _ in 0..<evidence.unusable { violations.add("a 202 without a usable order id or ticket") }
    for _ in 0..<evidence.mismatched { violations.add("an answer about another order than the one asked for") }
    return .of("I3", "every 202 names an order that can be followed", violations)
  }

  private static func decided(_ evidence: Evidence) -> Check {
    var violations = Violations()
    for order in evidence.orders where order.isPromise && !order.isDecided {
      violations.add("\(order.id) has no outcome")
    }
    return .of("I4", "every 202 reached an outcome", violations)
  }

  private static func oneOutcome(_ evidence: Evidence) -> Check {
    var violations = Violations()
    let orders = evidence.orders.filter(\.isDecided).sorted { $0.id < $1.id }
    for (a, b) in zip(orders, orders.dropFirst())
    where a.id == b.id && !(a.fate.isTaken && b.fate.isTaken) && (a.fate != b.fate || a.reason != b.reason) {
      violations.add(
        "\(a.id) is \(a.fate) \(evidence.reasons[a.reason]) and \(b.fate) \(evidence.reasons[b.reason])")
    }
    return .of("I4", "no order has two outcomes", violations)
  }

  private static func oneOrder(_ evidence: Evidence) -> Check {
    var violations = Violations()
    let byKey = evidence.orders.sorted { ($0.request.original, $0.id) < ($1.request.original, $1.id) }
    for (a, b) in zip(byKey, byKey.dropFirst()) where a.request.original == b.request.original && a.id != b.id {
      violations.add("one key made two orders: \(a.id) and \(b.id)")
    }
    let byID = evidence.orders.sorted { ($0.id, $0.request.original) < ($1.id, $1.request.original) }
    for (a, b) in zip(byID, byID.dropFirst()) where a.id == b.id && a.request.original != b.request.original {
      violations.add("two keys share the order \(a.id)")
    }
    return .of("I8", "one key, one order", violations)
  }

  private static func notOversold(_ evidence: Evidence, _ units: Units, _ after: Sale?) -> Check {
    var violations = Violations()
    for (sku, item) in evidence.before.items.enumerated() {
      // More can have been put up meanwhile.
      let most = max(item.stock, after.flatMap { $0.items.indices.contains(sku) ? $0.items[sku].stock : nil } ?? 0)
      if units.confirmed[sku] > most {
        violations.add("\(item.sku): \(units.confirmed[sku]) units confirmed of \(most)")
      }
    }
    return .of("I1", "nothing is oversold", violations)
  }

  private static func withinLimit(_ evidence: Evidence, _ units: Units) -> Check {
    var violations = Violations()
    if let limit = evidence.before.perBuyerLimit {
      for (buyer, bought) in units.byBuyer where bought > limit {
        violations.add("\(Mix.buyerName(buyer)) got \(bought) units, the limit is \(limit)")
      }
    }
    return .of("I9", "no buyer got more than the limit", violations)
  }

  private static func addsUp(_ units: Units, _ after: Sale?) -> Check {
    let statement = "units sold and units left add up to the stock"
    guard let after else {
      return Check(
        invariant: "I2", statement: statement, result: .unchecked(why: "the sale could not be read afterwards"))
    }
    if let silent = after.items.first(where: { $0.left == nil }) {
      let why = "the server does not tell what is left of \(silent.sku)"
      return Check(invariant: "I2", statement: statement, result: .unchecked(why: why))
    }
    return .of("I2", statement, Violations(units.mismatches(after: after)))
  }

  /// Where units come back, *sold out* can have been right and some be left in the end; but not to those who wait.
  private static func nobodyWaits(_ evidence: Evidence, _ after: Sale?) -> Check {
    var violations = Violations()
    for order in evidence.orders where order.fate == .waiting {
      let left = after.flatMap { $0.items.indices.contains(order.request.sku) ? $0.items[order.request.sku].left : nil }
      if let left, left >= order.units ?? evidence.quantity {
        violations.add("\(order.id) waits, and \(left) units are left")
      }
    }
    return .of("I2", "nobody waited while units were left", violations)
  }

  /// Stock only falls during a run without cancellations. So *sold out* was wrong if the same order could still be
  /// filled at the end.
  private static func notUndersold(_ evidence: Evidence, _ units: Units, _ after: Sale?) -> Check {
    var violations = Violations()
    for (sku, item) in evidence.before.items.enumerated() where units.refused[sku] {
      let surelyLeft = item.stock - units.soldBefore[sku] - units.confirmed[sku] - units.unknown[sku]
      let shown = after.flatMap { $0.items.indices.contains(sku) ? $0.items[sku].left : nil } ?? 0
      let left = max(surelyLeft, shown)
      if left >= evidence.quantity {
        violations.add("\(item.sku): told sold out, but \(left) units are left")
      }
    }
    return .of("I2", "nobody was told 'sold out' while units were left", violations)
  }
}
