internal import FlashSale
internal import Time

// What buyers, the shop and the provider do with orders after their first decision.

extension World {
  /// After a 202: what will be done about the order. In a sale without holds it is cancelled now and then.
  mutating func planLife(of order: OrderID, purchase index: Int) {
    guard shop.hasHolds else { return }
    let purchase = shop.purchases[index]
    let sale = shop[purchase.sale].sale
    let key = StockKey(sale: purchase.sale, sku: purchase.sku)
    let price = purchase.lines.reduce(Int64(0)) { sum, line in
      sum + Int64(line.quantity.rawValue) * (sale.item(line.sku)?.price.minor ?? 0)
    }
    for number in 0..<random.number(in: Limits.commands) {
      let action = sale.holds == nil ? cancel(purchase) : self.action(of: order, number, purchase, price: price)
      guard let action else { continue }
      // Most clients name their command, so that a retry is known.
      let id = random.happens(perMille: 700) ? CommandID(rawValue: Int64(random.number(in: 1...2))) : nil
      let other = sale.items[random.index(below: sale.items.count)].sku
      let stock = random.happens(perMille: 50) ? StockKey(sale: key.sale, sku: other) : key
      let stranger = random.happens(perMille: 50) ? BuyerID(unchecked: "stranger") : purchase.buyer
      let delay = random.number(in: Limits.commandDelay)
      let command = try? OrderCommand(
        order: order, stock: stock, buyer: random.happens(perMille: 500) ? stranger : nil,
        at: shop.clock(at: scheduler.now + delay), action: action, id: id, by: .buyer)
      if let command { scheduler.after(delay, .command(command)) }
    }
  }

  private mutating func cancel(_ purchase: Shop.Purchase) -> OrderCommand.Action {
    let units = random.happens(perMille: 500) ? nil : Units(Int32(random.number(in: 1...2)))
    guard purchase.lines.count > 1, random.happens(perMille: 800) else { return .cancel(units) }
    return .cancel(units, of: purchase.lines[random.index(below: purchase.lines.count)].sku)
  }

  private mutating func action(
    of order: OrderID, _ number: Int, _ purchase: Shop.Purchase, price: Int64
  ) -> OrderCommand.Action? {
    // Few ids, so that one is sent twice, also for two orders.
    let payment = PaymentID(
      unchecked: "p\(random.happens(perMille: 200) ? "" : "\(order)-")\(random.number(in: 1...2))")
    switch random.number(in: 0...9) {
    case 0...4:
      let isWrong = random.happens(perMille: 150)
      let capture = try? Capture(
        payment: payment, minor: isWrong ? price + 1 : price,
        currency: random.happens(perMille: 50) ? "JPY" : "CNY")
      return capture.map { .pay($0) }
    case 5: return cancel(purchase)
    case 6: return .release
    case 7: return .extend
    case 8:
      let kind = random.number(in: 0...3)
      return .refunded(payment, minor: Int64(kind / 2 + 1) * 100, onlyDue: kind % 2 > 0)
    default: return .fulfil
    }
  }

  /// Writes a command into the log; sometimes twice, as a producer does that missed its acknowledgement.
  mutating func send(_ command: OrderCommand) {
    write(.order(command), under: command.stock, "\(command.historyName) of \(command.order)")
    if random.happens(perMille: faults.acknowledgementLost) { after(Limits.slowNetwork, .command(command)) }
  }

  /// The shop puts more up, takes some away, closes, sells again what it had closed, or changes its rules.
  mutating func supply() {
    guard shop.hasHolds else { return }
    let stock = shop.stock
    let key = stock[random.index(below: stock.count)].key
    let units = Units(Int32(random.number(in: 1...3)))
    let actions: [StockCommand.Action?] = [
      .restock(units), .restock(units), .reduce(units), .reopen, .close, change(of: key), change(of: key),
    ]
    guard let action = actions[random.index(below: actions.count)] else { return }
    // Few ids, so that one is used for two commands.
    let id = random.happens(perMille: 700) ? CommandID(rawValue: Int64(random.number(in: 1...5))) : nil
    guard let command = stockCommand(key, action, id) else { return }
    send(command)
    // Who did not hear what became of it asks again.
    if id != nil, random.happens(perMille: 500) { after(Limits.slowNetwork, .supplyAgain(command)) }
  }

  /// New rules, some of which cannot be.
  private mutating func change(of key: StockKey) -> StockCommand.Action? {
    var change: RuleChange?
    switch random.number(in: 0...4) {
    case 0...1: change = try? RuleChange(endsAt: shop.clock(at: scheduler.now + random.number(in: Limits.newEnd)))
    case 2: change = try? RuleChange(startsAt: shop.clock(at: random.number(in: Limits.opening)))
    case 3: change = try? RuleChange(perBuyerLimit: Units(Int32(random.number(in: 1...4))))
    // What is a wrong amount for one order is the right one for another.
    default:
      let price = shop[key.sale].sale.item(key.sku)?.price.minor ?? 0
      change = try? RuleChange(priceMinor: price + Int64(random.number(in: 0...1)))
    }
    return change.map { .change($0) }
  }

  /// Sends a command once more, under its id and at another time.
  mutating func sendAgain(_ command: StockCommand) {
    guard let again = stockCommand(command.stock, command.action, command.id) else { return }
    met(.suppliedAgain)
    send(again)
    if random.happens(perMille: 300) { after(Limits.slowNetwork, .supplyAgain(command)) }
  }

  private func stockCommand(_ key: StockKey, _ action: StockCommand.Action, _ id: CommandID?) -> StockCommand? {
    try? StockCommand(stock: key, at: shop.clock(at: scheduler.now), action: action, id: id, by: .shop)
  }

  private mutating func send(_ command: StockCommand) {
    met(.supplied)
    write(.stock(command), under: command.stock, "\(command.action) of \(command.stock.sku)")
  }

  /// Appends a record under the key of a stock.
  @discardableResult
  mutating func write(_ record: LogRecord, under stock: StockKey, _ what: @autoclosure () -> String) -> Offset {
    let place = RecordKey(sale: shop[stock.sale].sale, sku: stock.sku)
    let partition = place.partition(of: shop.partitions)
    let record = SimulatedLog.Record(key: Array(place.text.utf8), value: record.encoded(), origin: .command)
    let offset = append(record, to: partition)
    note("log", "p\(partition)@\(offset) is \(what())")
    return offset
  }
}

extension OrderCommand {
  fileprivate var historyName: String {
    switch action {
    case .pay(let capture): "pay \(capture.minor) \(capture.currency) by \(capture.payment)"
    case .refunded(let payment, let minor, let onlyDue):
      "refund \(minor) of \(onlyDue ? "what is due of " : "")\(payment)"
    case .cancel(let units, let sku):
      "cancel \(units.map { "\($0)" } ?? "all")\(sku.map { " of \($0)" } ?? "")"
    case .release: "release"
    case .extend: "extend"
    case .expire: "expire"
    case .fulfil: "fulfil"
    }
  }
}
