/// What must hold of orders that were paid, cancelled or given back.
extension LifeResult {
  /// - Parameter isJudged: Whether buyers paid at all.
  func checks(isJudged: Bool) -> [Check] { isJudged ? [moneyAddsUp, wentRight] : [] }

  /// What was captured of an order's own currency is what its units cost, if it is paid, and what is to be paid back.
  private var moneyAddsUp: Check {
    var violations = Violations()
    for ending in endings.values where !ending.story.captured.isEmpty {
      let sight = ending.sight
      let applied = sight.state == .paid || sight.state == .fulfilled ? sight.minor : 0
      let captured = ending.story.captured[sight.currency] ?? 0
      if captured != applied + sight.refundDueMinor {
        let money = "\(captured) \(sight.currency) captured, \(applied) applied"
        violations.add("\(sight.id): \(money), \(sight.refundDueMinor) to be paid back")
      }
    }
    return .of("I13", "each capture is applied or to be paid back, once", violations)
  }

  private var wentRight: Check {
    var violations = Violations()
    for ending in endings.values {
      for words in ending.story.violations { violations.add(words) }
    }
    return .of("I13", "no payment was refused, none told twice changed its answer, and no hold ended early", violations)
  }
}
