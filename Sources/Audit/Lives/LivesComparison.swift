internal import FlashSale
internal import SaleStore

extension AuditRun {
  /// Compares the rows of lives, payments and counts with what the whole log gives. They say how things stand at the
  /// progress, so they are looked at when every partition was replayed.
  mutating func compareLives() async throws {
    guard snapshot.living.isEmpty == false else { return }
    let next = Dictionary(lines.map { ($0.partition, $0.next) }, uniquingKeysWith: { first, _ in first })
    while true {
      let page = try await store.nextHolds()
      if page.isEmpty { break }
      for row in page { replay.compare(row, upTo: next[row.position.partition]) }
    }
    replay.missLives()
    while true {
      let page = try await store.nextPayments()
      if page.isEmpty { break }
      for row in page { replay.compare(row, upTo: next[row.asOf.partition]) }
    }
    replay.missPayments()
    while true {
      let page = try await store.nextSubjects()
      if page.isEmpty { break }
      for row in page { replay.compare(row) }
    }
    replay.missSubjects()
  }
}

extension Replay {
  // MARK: Lives

  /// A row of `holds`.
  fileprivate mutating func compare(_ row: AuditedHold, upTo next: Offset?) {
    counts.lives += 1
    let key = SKU(rawValue: row.sku).map { StockKey(sale: row.sale, sku: $0) }
    if let key, let state = Hold.State(rawValue: row.state) {
      if row.lines.isEmpty { lives.shelves[key, default: .init()].add(Int64(row.units), state) }
      for line in row.lines {
        let key = StockKey(sale: row.sale, sku: line.sku)
        lives.shelves[key, default: .init()].add(Int64(line.units.rawValue), state)
      }
      if let payment = row.payment, state == .paid || state == .fulfilled {
        lives.paying[PaymentKey(sale: row.sale, payment: payment)] = row.amountMinor
      }
    }
    let place = LogPosition(partition: row.position.partition, offset: Offset(row.asOf.rawValue - 1))
    if let next, row.asOf > next {
      findings.add(.progress, at: place, "the life of order \(row.order) is past the partition's progress at \(next)")
    }
    if let key, lives.believed.contains(key) {
      counts.believedLives += 1
      return
    }
    guard case .hold(let hold)? = state.lives.removeValue(forKey: row.order), !hold.isImplied else {
      return findings.add(
        .life, at: row.position, "order \(row.order) is stored as \(row.stateName), and the log gives it no such life")
    }
    let different = row.differences(from: hold)
    guard !different.isEmpty else { return }
    findings.add(
      .life, at: place,
      """
      order \(row.order) is stored as \(row.stateName) and by the log it is \(hold.state.code): they differ in \
      \(different.joined(separator: ", "))
      """)
  }

  /// Lives that the store does not have. What was won in a sale without holds, and had nothing happen to it, needs no
  /// row.
  fileprivate mutating func missLives() {
    var missing: [Hold] = []
    for case .hold(let hold) in state.lives.values where !lives.believed.contains(hold.stock) {
      if hold.isImplied {
        if hold.lines.isEmpty {
          lives.shelves[hold.stock, default: .init()].add(Int64(hold.units.rawValue), hold.state)
        }
        for line in hold.lines {
          let key = StockKey(sale: hold.stock.sale, sku: line.sku)
          lives.shelves[key, default: .init()].add(Int64(line.units.rawValue), hold.state)
        }
      } else {
        missing.append(hold)
      }
    }
    for hold in missing.sorted(by: { $0.offset < $1.offset }) {
      findings.add(
        .life, "order \(hold.order) is \(hold.state.code) by the log, and the store has no life of it")
    }
    state.lives = [:]
  }

  // MARK: Money

  /// A row of `payments`.
  fileprivate mutating func compare(_ row: AuditedPayment, upTo next: Offset?) {
    counts.payments += 1
    let applied = row.captured - row.refundDue - row.refunded
    let cost = lives.paying[PaymentKey(sale: row.sale, payment: row.payment)] ?? 0
    let key = MoneyKey(sale: row.sale, currency: row.currency)
    lives.money[key, default: .init()].captured += Int128(row.captured)
    // Money is applied only where an order has units for it.
    lives.money[key]?.applied += Int128(max(0, min(applied, cost)))
    lives.money[key]?.refundDue += Int128(row.refundDue)
    lives.money[key]?.refunded += Int128(row.refunded)
    let place = LogPosition(partition: row.asOf.partition, offset: Offset(row.asOf.offset.rawValue - 1))
    if let next, row.asOf.offset > next {
      findings.add(.progress, at: place, "payment \(row.payment) is past the partition's progress at \(next)")
    }
    let isBelieved = lives.believed.contains { $0.sale == row.sale && shelves[$0]?.lane == row.asOf.partition }
    guard !isBelieved else { return }
    guard let id = PaymentID(rawValue: row.payment),
      let payment = state.payments.removeValue(forKey: Payment.Key(sale: row.sale, id: id))
    else {
      return findings.add(.money, at: place, "payment \(row.payment) is stored, and the log has no such capture")
    }
    let different = row.differences(from: payment)
    guard !different.isEmpty else { return }
    findings.add(
      .money, at: place,
      "payment \(row.payment) of order \(row.order) differs from the log in \(different.joined(separator: ", "))")
  }

  /// Captures that the store does not have, and sums that do not agree (I13).
  fileprivate mutating func missPayments() {
    for payment in state.payments.values.sorted(by: { $0.key < $1.key }) {
      let amount = Money(minor: payment.captured, currency: payment.currency)
      findings.add(
        .money,
        "payment \(payment.key.id) of order \(payment.order), \(amount), is in the log, and the store has nothing of it"
      )
    }
    state.payments = [:]
    for (key, sum) in lives.money.sorted(by: { $0.key < $1.key })
    where sum.captured != sum.applied + sum.refundDue + sum.refunded {
      func words(_ minor: Int128) -> String { "\(Money(minor: Int64(clamping: minor), currency: key.currency))" }
      findings.add(
        .money,
        """
        sale number \(key.sale): \(words(sum.captured)) were captured, and \(words(sum.applied)) are applied to \
        orders, \(words(sum.refundDue)) due to be paid back and \(words(sum.refunded)) paid back
        """)
    }
  }

  // MARK: Limit subjects

  /// A row of `subjects_held` of a living sale.
  fileprivate mutating func compare(_ row: AuditedSubject) {
    guard !lives.believed.contains(where: { $0.sale == row.sale }) else { return }
    let found = SubjectKind(rawValue: row.kind).flatMap { kind in
      lives.takeSubject(Lives.SubjectKey(order: row.order, kind: kind))
    }
    guard let found else {
      return findings.add(
        .subject, at: row.position,
        "order \(row.order) counts \(row.units) for a \(row.kind) by its row, and the log does not say so")
    }
    let different = [
      row.units != found.units.rawValue ? "units" : nil, row.isLapsed != found.isLapsed ? "is_lapsed" : nil,
      row.subject != found.id.rawValue ? "subject" : nil, row.position != found.position ? "log_offset" : nil,
    ].compactMap { $0 }
    guard !different.isEmpty else { return }
    findings.add(
      .subject, at: found.position,
      "order \(row.order) counts \(found.units) for a \(row.kind) by the log, and its row differs in "
        + different.joined(separator: ", "))
  }

  fileprivate mutating func missSubjects() {
    let believed = Set(lives.believed.map(\.sale))
    for (key, value) in lives.subjects.sorted(by: { $0.value.position < $1.value.position })
    where !believed.contains(key.order.sale) {
      findings.add(
        .subject, at: value.position,
        "order \(key.order) counts \(value.units) for a \(key.kind) by the log, and the rows do not say so")
    }
  }
}

extension AuditedHold {
  fileprivate var stateName: String { Hold.State(rawValue: state)?.code ?? "a state that does not exist" }

  /// The columns that are not as the log has them.
  fileprivate func differences(from hold: Hold) -> [String] {
    [
      sale != hold.stock.sale ? "sale" : nil, sku != hold.stock.sku.rawValue ? "sku" : nil,
      buyer != hold.buyer.rawValue ? "buyer" : nil, currency != hold.price.currency ? "currency" : nil,
      priceMinor != hold.price.minor ? "price_minor" : nil, refundDue != hold.refundDue ? "refund_due" : nil,
      asOf != hold.asOf ? "as_of" : nil, due != hold.due ? "due" : nil, units != hold.units.rawValue ? "units" : nil,
      lines != hold.lines ? "lines" : nil,
      extensions != hold.extensions ? "extensions" : nil, sequence != hold.sequence ? "sequence" : nil,
      state != hold.state.rawValue ? "state" : nil, isOffer != hold.isOffer ? "is_offer" : nil,
      isLapsed != hold.isLapsed ? "is_lapsed" : nil, payment != hold.payment?.rawValue ? "payment" : nil,
      position.offset != hold.offset ? "log_offset" : nil,
    ].compactMap { $0 }
  }
}

extension AuditedPayment {
  fileprivate func differences(from payment: Payment) -> [String] {
    [
      order != payment.order ? "order_id" : nil, sku != payment.sku.rawValue ? "sku" : nil,
      isCounted != payment.isCounted ? "counted" : nil, currency != payment.currency ? "currency" : nil,
      captured != payment.captured ? "captured" : nil, refundDue != payment.refundDue ? "refund_due" : nil,
      refunded != payment.refunded ? "refunded" : nil, asOf.offset != payment.asOf ? "as_of" : nil,
    ].compactMap { $0 }
  }
}
