internal import FlashSale
internal import Time

extension World {
  /// Whether a buyer may ask once more at an intake.
  mutating func isWithinRate(_ purchase: Shop.Purchase, at intake: Int, _ now: Timestamp) -> Bool {
    guard let limit = shop[purchase.sale].sale.shaping.limits?.perBuyer else { return true }
    let pace = RatePace(limit)
    let name = "\(purchase.sale)/\(purchase.buyer)"
    let ticks = now.microseconds / (1_000_000 / RatePace.ticksPerSecond)
    guard case .taken(let due) = pace.meet(due: intakes[intake].dues[name] ?? 0, now: ticks) else {
      met(.rateLimited)
      return false
    }
    if bug != .rateForgotten { intakes[intake].dues[name] = due }
    checkRate(of: name, at: intake, ticks, pace)
    return true
  }

  /// After as many requests as the limit has at once, the next comes no sooner than one costs. Said without GCRA, of a
  /// clock that does not go back.
  private mutating func checkRate(of name: String, at intake: Int, _ ticks: Int64, _ pace: RatePace) {
    var passed = intakes[intake].passed[name] ?? []
    if let last = passed.last, ticks < last { passed = [] }
    passed.append(ticks)
    intakes[intake].passed[name] = passed
    let burst = Int(pace.limit.requests)
    guard passed.count > burst else { return }
    let span = ticks - passed[passed.count - 1 - burst]
    if span < pace.interval {
      violate("rate", "intake \(intake) let \(name) through \(burst + 1) times in \(span * 10) µs")
    }
  }
}
