internal import FlashSale
internal import SaleStore

// Records of living sales: what they need is put into the state before, and what they left is taken out behind.

extension Replay {
  /// What a record of a living sale found.
  struct Entrance {
    /// The life of the order that it names.
    var prior: Hold?

    /// Whether that stands in the state for this record only.
    var isLent = false

    /// A payment that another lane has taken.
    var payment: Payment.Key?
  }

  /// `nil`: the sale is not a living one.
  mutating func enter(_ record: LogRecord, at position: LogPosition, _ stretch: Stretch) -> Entrance? {
    guard lives.sales.contains(record.stock.sale) else { return nil }
    swap(&state.held, &lives.held)
    swap(&state.heldBySubject, &lives.heldBySubject)
    var entrance = Entrance()
    switch record {
    case .place(let request):
      let holder = LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer)
      state.held[holder] = lives.held(by: holder)
      // A command can name what is won in a sale without holds, too.
      if state.stock[request.stock]?.rules.holds == nil { state.awaited = [request.order] }
    case .order(let command):
      lend(command, at: position, stretch, &entrance)
      if case .hold(let hold) = state.lives[command.order] {
        entrance.prior = hold
        let holder = LaneStock.Holder(sale: hold.stock.sale, buyer: hold.buyer)
        state.held[holder] = lives.held(by: holder)
      }
    case .close, .stock: break
    }
    return entrance
  }

  /// What the replay does not keep: refusals, of which there is no end, and payments that other lanes have taken.
  private mutating func lend(
    _ command: OrderCommand, at position: LogPosition, _ stretch: Stretch, _ entrance: inout Entrance
  ) {
    if case .pay(let capture) = command.action {
      let key = Payment.Key(sale: command.stock.sale, id: capture.payment)
      if state.payments[key] == nil, let lane = stretch.lanes[key], lane != position.partition {
        state.payments[key] = Payment(
          key: key, order: command.order, sku: command.stock.sku, isCounted: false, currency: capture.currency,
          captured: capture.minor, refundDue: 0, refunded: 0, asOf: position.offset)
        entrance.payment = key
      }
    }
    // What another lane has made of an order does not count here.
    guard state.lives[command.order] == nil, let place = stretch.named[command.order],
      case .rejected? = place.outcome, place.sku == command.stock.sku.rawValue,
      place.position.partition == position.partition, place.position.offset < position.offset
    else { return }
    state.lives[command.order] = .refused(command.stock)
    entrance.isLent = true
  }

  /// Takes what the record left out of the state.
  mutating func leave(_ entrance: Entrance, _ record: LogRecord, _ effects: Effects, in partition: Partition) {
    swap(&state.held, &lives.held)
    swap(&state.heldBySubject, &lives.heldBySubject)
    lives.held.removeAll(keepingCapacity: true)
    state.awaited = []
    if entrance.isLent, case .order(let command) = record { state.lives[command.order] = nil }
    if let key = entrance.payment { state.payments[key] = nil }
    if let order = record.request?.order, case .refused? = state.lives[order] { state.lives[order] = nil }
    lives.take(effects, of: record, prior: entrance.prior, in: partition)
  }

  // MARK: A lane without its beginning

  /// Whether the record is of a stock whose rows are believed.
  func isBelieved(_ record: LogRecord) -> Bool { lives.believed.contains(record.stock) }

  /// A record whose decision cannot be made again, because it hangs on records that are gone: it must have had one.
  mutating func believe(
    _ record: LogRecord, at position: LogPosition, with rows: [AuditedOrder], _ entries: [AuditedEntry],
    _ stretch: Stretch
  ) {
    counts.believed += Int64(rows.count)
    for row in rows { take(row) }
    switch record {
    case .place(let request):
      if let row = rows.first(where: { $0.order == request.order }) {
        counts.outcomes[row.outcome, default: 0] += 1
        compareFields(request, at: position, with: row)
        tallies[.init(partition: position.partition, sale: request.stock.sale), default: .init()].requests += 1
      } else if stretch.places[request.order] != nil {
        compareRepeats([request.stock.sale: 1], of: request.order, at: position, stretch)
      } else {
        lose(request.order, position, "the store has nothing of it")
      }
    case .close: counts.closes += 1
    case .order, .stock:
      counts.commands += 1
      if entries.isEmpty { missHistory("the record", at: position, "the history has nothing of it") }
    }
  }
}
