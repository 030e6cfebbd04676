internal import FlashSale
internal import HTTPServing
internal import Time

/// What a command will do to an order as it stands, in numbers.
struct OrderForecast: Equatable, Sendable {
  struct Line: Equatable, Sendable {
    let sku: SKU
    let units: Units
    var next = Next.nobody
  }

  /// Who may have units that come back, by the rules that decide.
  enum Next: Equatable, Sendable {
    /// They are offered to those who wait, and else they are for sale.
    case waiting
    /// They are for sale, now or from the opening on, and offered to nobody.
    case buyers
    case nobody
  }

  /// Units that the order gives up, by SKU.
  var back: [Line] = []

  /// Whether they go back to the stock: those of an order that waits were never taken from it.
  var areFromStock = false

  /// Units that the order keeps.
  var kept = Units.zero

  /// Where the order will stand; `nil`: it was refused, or no decision is known.
  var state: Hold.State?

  /// Money that becomes due to be paid back by the command.
  var due: Money?

  /// Money that counts as paid back, what of it is not due yet, and what of its payment stays due.
  var refunded: Money?
  var notDue: Money?
  var stillDue: Money?

  /// The hold's new end, and how often it can be extended from then on; `nil`: the end stays.
  var expiresAt: Timestamp?
  var extensionsLeft: Int32?
}

extension OrderStanding {
  /// What a command would do if it were the next record: what `decide` makes of it.
  ///
  /// Throws what it would be refused with.
  func forecast(_ request: OrderRequest) throws(Problem) -> OrderForecast {
    guard let stock, isWhole else { throw Problem.refusal(.notAllowed, of: record.orderID, hold?.state) }
    let command: OrderCommand
    do {
      // Who asks, and under which key, changes nothing of what is done once.
      command = try OrderCommand(
        order: record.orderID, stock: stock, at: readAt, action: request.command, by: .shop)
    } catch {
      throw .body(.invalidField(error.field, error.reason))
    }
    var (lane, effects) = (self.lane, Effects())
    decide(&lane, .order(command), at: hold?.asOf ?? Offset(0), into: &effects)
    guard let entry = effects.history.first else { throw Problem.orderNotFound(record.orderID) }
    if let refusal = Problem.refusal(entry.action, entry.result, of: record.orderID, entry.state) { throw refusal }
    return OrderForecast(of: hold, behind: effects, in: lane, at: readAt)
  }

  /// What says which lane decides.
  private var stock: StockKey? {
    switch lane.lives[record.orderID] {
    case .hold(let hold): hold.stock
    case .refused(let stock): stock
    case nil: nil
    }
  }

  /// Whether the store has what the order is paid with. A lane never writes it otherwise, and `decide` ends the process
  /// where the rows of an order contradict each other: a page that looks at such rows must not.
  private var isWhole: Bool {
    guard let hold, hold.state == .paid, hold.refundDue == 0 else { return true }
    return hold.payment.flatMap { lane.payments[Payment.Key(sale: hold.stock.sale, id: $0)] }.map { $0.applied > 0 }
      ?? false
  }
}

extension OrderForecast {
  /// Describes what a decision changes of an order.
  ///
  /// - Parameters:
  ///   - hold: how it stood; `nil`: only a payment that names it is known.
  ///   - lane: behind the decision.
  ///   - time: of the decision.
  fileprivate init(of hold: Hold?, behind effects: Effects, in lane: LaneStock, at time: Timestamp) {
    let after = hold.flatMap { effects.holds[$0.order]?.after } ?? hold
    state = after?.state
    kept = after?.liveUnits ?? .zero
    areFromStock = !effects.stock.isEmpty
    if let hold, let after {
      back = hold.liveLines.compactMap { line in
        let units = line.units - (after.liveLines.first { $0.sku == line.sku }?.units ?? .zero)
        let level = lane.stock[StockKey(sale: hold.stock.sale, sku: line.sku)]
        return units > .zero ? Line(sku: line.sku, units: units, next: Next(level, at: time)) : nil
      }
      if let end = after.due, end != hold.due {
        expiresAt = end
        extensionsLeft = lane.stock[after.stock]?.rules.holds.map { $0.extensions - after.extensions }
      }
    }
    for change in effects.payments.values { add(change) }
  }

  /// A command changes one payment at most.
  private mutating func add(_ change: Effects.PaymentChange) {
    func money(_ minor: Int64) -> Money? {
      minor > 0 ? Money(minor: minor, currency: change.after.currency) : nil
    }
    let dueBefore = change.before?.refundDue ?? 0
    due = money(change.after.refundDue - dueBefore)
    let paidBack = change.after.refunded - (change.before?.refunded ?? 0)
    guard paidBack > 0 else { return }
    refunded = money(paidBack)
    notDue = money(paidBack - (dueBefore - change.after.refundDue))
    stillDue = money(change.after.refundDue)
  }
}

extension OrderForecast.Next {
  /// - Parameter level: `nil`: there is no such stock.
  init(_ level: LaneStock.Level?, at time: Timestamp) {
    guard let level, !level.isClosed else {
      self = .nobody
      return
    }
    switch level.whyNotSold(at: time) {
    case nil, .notStarted: self = level.offerEnd(at: time) == nil ? .buyers : .waiting
    default: self = .nobody
    }
  }
}

extension Hold {
  /// The units of each SKU that count for its buyer.
  var liveLines: [Line] {
    guard state.isLive else { return [] }
    return lines.isEmpty ? [Line(sku: stock.sku, units: units, priceMinor: price.minor)] : lines
  }
}
