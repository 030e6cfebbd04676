internal import Time

// Commands about an order. What is not allowed is a recorded no-op with a reason, except where money is in it (I13).

extension LaneStock {
  mutating func decide(_ command: OrderCommand, at offset: Offset, into effects: inout Effects) {
    guard stock[command.stock] != nil else { return effects.quarantine(offset, error: unknown(command.stock)) }
    // A capture is known by its payment. With another payment, money is in it whatever the command is called.
    if let id = command.id, let digest = command.digest {
      let key = CommandKey(order: command.order, stock: command.stock, id: id)
      if let first = done[key] {
        return note(command, first == digest ? .repeated : .anotherCommand, at: offset, into: &effects)
      }
      done[key] = digest
    }
    switch command.action {
    case .pay(let capture): pay(command, capture, at: offset, into: &effects)
    case .refunded(let payment, let minor, let onlyDue):
      let key = Payment.Key(sale: command.stock.sale, id: payment)
      payBack(command, key, minor, onlyDue: onlyDue, at: offset, into: &effects)
    case .cancel(let units, let sku): cancel(command, units, of: sku, at: offset, into: &effects)
    case .release: release(command, at: offset, into: &effects)
    case .extend: extend(command, at: offset, into: &effects)
    case .expire: expire(command, at: offset, into: &effects)
    case .fulfil:
      guard let hold = hold(of: command, at: offset, into: &effects) else { return }
      guard hold.state.next.contains(.fulfilled) else { return note(command, .notAllowed, at: offset, into: &effects) }
      change(hold, by: command, at: offset, into: &effects) { hold in hold.move(to: .fulfilled) }
    }
  }

  /// The life that a command may change; `nil`: there is none, which is noted.
  private func hold(of command: OrderCommand, at offset: Offset, into effects: inout Effects) -> Hold? {
    switch find(command) {
    case .success(let hold): return hold
    case .failure(let why):
      note(command, why.result, at: offset, into: &effects)
      return nil
    }
  }

  private struct NotFound: Error {
    let result: HistoryEntry.Result
  }

  private func find(_ command: OrderCommand) -> Result<Hold, NotFound> {
    switch lives[command.order] {
    // What there is of another stock is another lane's to say, and can change at this moment.
    case .refused(let stock) where stock == command.stock: return .failure(NotFound(result: .refused))
    case .hold(let hold) where hold.stock == command.stock:
      guard command.buyer == nil || command.buyer == hold.buyer else {
        return .failure(NotFound(result: .anotherOrder))
      }
      return .success(hold)
    case .refused, .hold, nil: return .failure(NotFound(result: .unknownOrder))
    }
  }

  // MARK: Without money

  private mutating func extend(_ command: OrderCommand, at offset: Offset, into effects: inout Effects) {
    guard let hold = hold(of: command, at: offset, into: &effects) else { return }
    guard hold.state == .reserved, let due = hold.due, let level = stock[command.stock], let rules = level.rules.holds
    else { return note(command, .notAllowed, at: offset, into: &effects) }
    let extended = due.adding(seconds: rules.extensionSeconds)
    let end = hold.isOffer ? min(extended, level.rules.endsAt) : extended
    guard hold.extensions < rules.extensions, end > due else {
      return note(command, .noneLeft, at: offset, into: &effects)
    }
    change(hold, by: command, at: offset, into: &effects) { hold in
      hold.due = end
      hold.extensions += 1
    }
  }

  private mutating func release(_ command: OrderCommand, at offset: Offset, into effects: inout Effects) {
    guard let hold = hold(of: command, at: offset, into: &effects) else { return }
    guard hold.state == .reserved || hold.state == .waiting else {
      return note(command, .notAllowed, at: offset, into: &effects)
    }
    end(hold, .released, by: command, at: offset, into: &effects)
  }

  /// Time is compared with the record's own time: a hold ends late by what the record took, and never early.
  private mutating func expire(_ command: OrderCommand, at offset: Offset, into effects: inout Effects) {
    guard let hold = hold(of: command, at: offset, into: &effects) else { return }
    switch hold.state {
    case .reserved:
      guard let due = hold.due, command.at >= due else { return note(command, .notDue, at: offset, into: &effects) }
      end(hold, .expired, by: command, at: offset, into: &effects)
    case .waiting:
      guard let level = stock[command.stock], level.isClosed || command.at >= level.rules.endsAt else {
        return note(command, .notDue, at: offset, into: &effects)
      }
      end(hold, .lapsed, by: command, at: offset, into: &effects)
    default: note(command, .notAllowed, at: offset, into: &effects)
    }
  }

  /// Gives units back, and as much of the buyer's allowance; what was paid for them is to be paid back.
  ///
  /// - Parameter sku: the line that they are of; `nil`: the whole order is meant.
  private mutating func cancel(
    _ command: OrderCommand, _ units: Units?, of sku: SKU?, at offset: Offset, into effects: inout Effects
  ) {
    guard let hold = hold(of: command, at: offset, into: &effects) else { return }
    guard hold.state.isLive, hold.state != .fulfilled else {
      return note(command, .notAllowed, at: offset, into: &effects)
    }
    if sku != nil || units != nil {
      // Units of a basket are units of one of its lines.
      guard sku != nil || hold.lines.isEmpty, let line = hold.line(of: sku ?? hold.stock.sku) else {
        return note(command, .unknownLine, at: offset, into: &effects)
      }
      let back = units ?? line.units
      guard back <= line.units, back > .zero else { return note(command, .tooMuch, at: offset, into: &effects) }
      guard back == hold.units else {
        return giveBack(back, of: line, hold, by: command, at: offset, into: &effects)
      }
    }
    end(hold, .cancelled, by: command, at: offset, into: &effects)
  }

  // MARK: Money

  private mutating func pay(
    _ command: OrderCommand, _ capture: Capture, at offset: Offset, into effects: inout Effects
  ) {
    let key = Payment.Key(sale: command.stock.sale, id: capture.payment)
    guard payments[key] == nil else { return note(command, .repeated, at: offset, into: &effects) }
    // An order's life counts money of its own currency only: amounts of two are never added. Nor does it count without
    // end.
    let found = find(command).flatMap { hold in
      hold.price.currency == capture.currency && hold.refundDue <= Limits.owedMinor
        ? .success(hold) : .failure(NotFound(result: .wrongAmount))
    }
    var payment = Payment(
      capture, for: command.order, of: command.stock, isCounted: (try? found.get()) != nil, at: offset)
    let hold: Hold
    switch found {
    case .success(let life): hold = life
    case .failure(let why):
      payment.owe(capture.minor, at: offset)
      set(payment, from: nil, into: &effects)
      return note(command, why.result, minor: capture.minor, at: offset, into: &effects)
    }
    if let why = whyNotPaid(hold, by: capture, command) {
      payment.owe(capture.minor, at: offset)
      set(payment, from: nil, into: &effects)
      return change(hold, by: command, why, minor: capture.minor, at: offset, into: &effects) { hold in
        hold.refundDue += capture.minor
        hold.settle()
      }
    }
    set(payment, from: nil, into: &effects)
    let wasReserved = hold.state == .reserved
    changeLevels(of: hold, at: offset, into: &effects) { level, units in
      if wasReserved { level.reserved = level.reserved - units } else { level.left = level.left - units }
    }
    change(hold, by: command, minor: capture.minor, at: offset, into: &effects) { hold in
      hold.move(to: .paid)
      hold.payment = capture.payment
      hold.isLapsed = false
    }
    if !wasReserved { take(hold) }
  }

  /// Why a capture is to be paid back; `nil`: it pays the order.
  private func whyNotPaid(_ hold: Hold, by capture: Capture, _ command: OrderCommand) -> HistoryEntry.Result? {
    switch hold.state {
    case .paid, .fulfilled, .confirmed: return .alreadyPaid
    case .waiting: return .notAllowed
    case .reserved: return capture.pays(hold) ? nil : .wrongAmount
    // Other money may have come for a hold that ran out, before or since, and be paid back or not.
    case .expired, .refundDue, .refunded:
      guard hold.isLapsed else { return .tooLate }
      guard capture.pays(hold) else { return .wrongAmount }
      return canReturn(hold, by: command) ? nil : .tooLate
    case .released, .cancelled, .lapsed: return .tooLate
    }
  }

  /// Whether an order whose hold has lapsed can have its units after all: they are still there, are kept for nobody who
  /// waits, and each line meets the buyer's limit upon the ones before it. One that counted for limit subjects can't:
  /// what others count for them by now is not known here. Nor is what a buyer holds whom the command does not name.
  private func canReturn(_ hold: Hold, by command: OrderCommand) -> Bool {
    guard stock[hold.stock]?.rules.holds?.latePayment == .ifFree, hold.subjects.isEmpty else { return false }
    var units = held[hold.holder] ?? .zero
    func canReturn(_ key: StockKey, _ more: Units) -> Bool {
      units = units + more
      guard let level = stock[key], !level.isClosed, level.left >= more, gives(key, at: command.at) else {
        return false
      }
      return level.rules.perBuyerLimit.map { command.buyer != nil && units <= $0 } ?? true
    }
    guard !hold.lines.isEmpty else { return canReturn(hold.stock, hold.units) }
    return hold.lines.allSatisfy { line in
      line.units == .zero || canReturn(StockKey(sale: hold.stock.sale, sku: line.sku), line.units)
    }
  }

  private mutating func payBack(
    _ command: OrderCommand, _ key: Payment.Key, _ minor: Int64, onlyDue: Bool, at offset: Offset,
    into effects: inout Effects
  ) {
    guard let before = payments[key], before.order == command.order, before.sku == command.stock.sku else {
      return note(command, .unknownOrder, at: offset, into: &effects)
    }
    guard minor <= before.refundDue + (onlyDue ? 0 : before.applied) else {
      return note(command, .tooMuch, at: offset, into: &effects)
    }
    var payment = before
    let ofDue = payment.payBack(minor, at: offset)
    set(payment, from: before, into: &effects)
    // The payment says whose order it is; a buyer that the command names changes nothing.
    guard payment.isCounted, case .hold(let hold) = lives[command.order], hold.stock == command.stock else {
      return note(command, .applied, minor: minor, at: offset, into: &effects)
    }
    let isUnpaid = hold.state == .paid && hold.payment == key.id && payment.applied == 0
    guard isUnpaid else {
      return change(hold, by: command, minor: minor, at: offset, into: &effects) { hold in
        hold.refundDue -= ofDue
        if hold.state == .refundDue, hold.refundDue == 0 { hold.move(to: .refunded) }
      }
    }
    // All of its money is back with the buyer, so she no longer has the units.
    end(hold, .refunded, by: command, minor: minor, at: offset, into: &effects, ofDue: ofDue)
  }
}

extension Capture {
  /// Whether it is what the order costs, in the order's currency.
  fileprivate func pays(_ hold: Hold) -> Bool { minor == hold.amountMinor }
}

extension Hold {
  /// Whom its units are counted for.
  var holder: LaneStock.Holder { LaneStock.Holder(sale: stock.sale, buyer: buyer) }

  /// An order without units, of whose money some is to be paid back, says so.
  mutating func settle() {
    if !state.isLive, refundDue > 0, state != .refundDue { move(to: .refundDue) }
  }
}
