import FlashSale
import Postgres

extension ReportFacts {
  /// Units of a SKU by what became of their orders.
  struct LiveUnits: Sendable {
    var reserved: Int64 = 0
    var confirmed: Int64 = 0
    var paid: Int64 = 0
    var fulfilled: Int64 = 0

    /// Those that are taken from the stock.
    var held: Int64 { reserved + confirmed + paid + fulfilled }

    mutating func add(_ units: Int64, _ state: Hold.State) {
      switch state {
      case .reserved: reserved += units
      case .confirmed: confirmed += units
      case .paid: paid += units
      case .fulfilled: fulfilled += units
      case .waiting, .released, .expired, .cancelled, .lapsed, .refundDue, .refunded: break
      }
    }
  }

  /// Adds what one order was as of a vector.
  mutating func add(_ order: LivingOrder) {
    if let life = order.life { add(life) }
    for payment in order.payments { add(payment, of: order.life) }
  }

  private mutating func add(_ life: Hold) {
    let lines = life.lines.isEmpty ? [(life.stock.sku, life.units)] : life.lines.map { ($0.sku, $0.units) }
    for (sku, count) in lines { units[sku, default: .init()].add(Int64(count.rawValue), life.state) }
    // In a sale without holds, nothing had happened to it.
    guard !life.isImplied else { return }
    lives.states[life.state.code, default: 0] += 1
    if life.state == .waiting { lives.waiting += 1 }
    if life.isOffer { lives.offered += 1 }
    guard life.isLapsed else { return }
    lives.lapsed += 1
    if life.isOffer { lives.lapsedOffers += 1 }
  }

  /// Adds a capture. As in `LifeCounts`, its money is applied only where an order with its units is paid with it.
  mutating func add(_ payment: Payment, of life: Hold?) {
    let isApplied =
      life.map { life in
        [.paid, .fulfilled].contains(life.state) && life.payment == payment.key.id
          && life.price.currency == payment.currency && payment.applied <= life.amountMinor
      } ?? false
    let capture = SaleReport.Money(
      currency: payment.currency, captured: payment.captured, applied: isApplied ? payment.applied : 0,
      refundDue: payment.refundDue, refunded: payment.refunded)
    guard let index = money.firstIndex(where: { $0.currency >= payment.currency }) else { return money.append(capture) }
    if money[index].currency == payment.currency {
      money[index] = money[index] + capture
    } else {
      money.insert(capture, at: index)
    }
  }

  /// Adds what became of orders.
  mutating func add(_ counts: LifeCounts) throws {
    try add(lives: counts.lives, money: counts.money, history: counts.history, baskets: counts.baskets)
    guard let implied = counts.implied else {
      for (sku, won) in unitsConfirmed { units[sku, default: .init()].confirmed += won }
      return
    }
    for row in Array(implied) + counts.impliedBaskets {
      units[try row.identifier("sku"), default: .init()].confirmed += try row.int64("units")
    }
  }

  /// Adds what those statements answered.
  private mutating func add(lives: Rows, money moneyRows: Rows, history: Rows, baskets: Rows) throws {
    for row in baskets { unitsConfirmed[try row.identifier("sku"), default: 0] += try row.int64("units") }
    for row in lives {
      let stored = try row.int16("state")
      guard let state = Hold.State(rawValue: stored) else {
        throw StoreError.unreadable("state \(stored) of an order in the store is not known to this version")
      }
      let (orders, isOffer) = (try row.int64("orders"), try row.bool("is_offer"))
      units[try row.identifier("sku"), default: .init()].add(try row.int64("units"), state)
      self.lives.states[state.code, default: 0] += orders
      if state == .waiting { self.lives.waiting += orders }
      if isOffer { self.lives.offered += orders }
      guard try row.bool("is_lapsed") else { continue }
      self.lives.lapsed += orders
      if isOffer { self.lives.lapsedOffers += orders }
    }
    self.lives.joined = outcomes[.waitlisted] ?? 0
    money = try moneyRows.map { row in
      SaleReport.Money(
        currency: try row.string("currency"), captured: try row.int64("captured"), applied: try row.int64("applied"),
        refundDue: try row.int64("refund_due"), refunded: try row.int64("refunded"))
    }
    self.lives.history = try history.map { row in
      SaleReport.HistoryCount(
        action: try row.historyAction("action").code, result: try row.historyResult("result").code,
        count: try row.int64("records"))
    }
  }
}

extension Row {
  func historyAction(_ column: Column) throws -> HistoryEntry.Action {
    let stored = try int16(column)
    guard let action = HistoryEntry.Action(rawValue: stored) else {
      throw StoreError.unreadable("action \(stored) in the store's history is not known to this version")
    }
    return action
  }

  func historyResult(_ column: Column) throws -> HistoryEntry.Result {
    let stored = try int16(column)
    guard let result = HistoryEntry.Result(rawValue: stored) else {
      throw StoreError.unreadable("result \(stored) in the store's history is not known to this version")
    }
    return result
  }
}
