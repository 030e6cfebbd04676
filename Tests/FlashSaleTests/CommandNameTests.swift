import FlashSale
import Testing

/// A command is known by its id: it is done once, and another one under the same id is not done.
@Suite("commands are known by their ids")
struct CommandNameTests {
  private let phone = StockKey(sale: SaleNumber(rawValue: 7), sku: SKU(unchecked: "phone"))

  @Test("a command about a stock is done once under its id, and another one under the same id is not done")
  func repeatedStockCommands() throws {
    var line = try DecidedStock(phone, left: 1, rules: try HoldRules(seconds: 60))
    let id = CommandID(IdempotencyKey(unchecked: "delivery 7"))
    let other = CommandID(IdempotencyKey(unchecked: "delivery 8"))
    line.does(.restock(Units(3)), at: 20, id: id)
    #expect(line.effects.history.last?.result == .applied && line.level.putUp == Units(4))
    line.does(.restock(Units(3)), at: 25, id: id)
    #expect(line.effects.history.last?.result == .repeated && line.effects.history.last?.units == 0)
    for action in [StockCommand.Action.restock(Units(4)), .reduce(Units(3)), .reopen] {
      line.does(action, at: 26, id: id)
      #expect(line.effects.history.last?.result == .anotherCommand && line.effects.history.last?.command == id)
    }
    #expect(line.level.putUp == Units(4) && line.level.left == Units(4))
    line.does(.restock(Units(3)), at: 27, id: other)
    line.does(.restock(Units(3)), at: 28)
    line.does(.restock(Units(3)), at: 29)
    #expect(line.level.putUp == Units(13))
    // What the first one could not do, a repeat does not do either, whatever has changed meanwhile.
    let third = CommandID(IdempotencyKey(unchecked: "damaged"))
    line.does(.reduce(Units(20)), at: 30, id: third)
    line.does(.restock(Units(20)), at: 31)
    line.does(.reduce(Units(20)), at: 32, id: third)
    #expect(line.effects.history.suffix(3).map(\.result) == [.tooMuch, .applied, .repeated])
    #expect(line.level.putUp == Units(33))
  }

  @Test("a command about an order is done once under its id, and another one under the same id is not done")
  func repeatedOrderCommands() throws {
    var line = try DecidedStock(phone, left: 9)
    line.place("ann", 3)
    let id = CommandID(IdempotencyKey(unchecked: "one less"))
    #expect(line.does("ann", .cancel(Units(1)), id: id) == .applied)
    for action in [OrderCommand.Action.cancel(Units(2)), .cancel(nil), .cancel(Units(1), of: phone.sku), .release] {
      #expect(line.does("ann", action, id: id) == .anotherCommand)
    }
    #expect(line.does("ann", .cancel(Units(1)), id: id) == .repeated)
    #expect(line.hold("ann")?.units == Units(2) && line.level.left == Units(7))
    // A payment is known by its own id, whatever its command is called.
    #expect(line.pay("ann", 200) == .applied)
    let payment = PaymentID(unchecked: "of ann")
    #expect(line.does("ann", .cancel(Units(2))) == .refundDue)
    let refund = CommandID(IdempotencyKey(unchecked: "back"))
    #expect(line.does("ann", .refunded(payment, minor: 50), id: refund) == .applied)
    #expect(line.does("ann", .refunded(payment, minor: 150), id: refund) == .anotherCommand)
    #expect(line.money() == CapturedMoney(captured: 200, applied: 0, due: 150, refunded: 50))
  }

  @Test("a buyer's key is no other's, and no payment")
  func keysOfBuyers() throws {
    let key = IdempotencyKey(unchecked: "refund-1")
    let ids = [CommandID(key), CommandID(ofBuyer: key), CommandID(capturing: PaymentID(unchecked: "refund-1"))]
    #expect(Set(ids).count == ids.count)
    for text in ["buyer refund-1", "payment refund-1"] {
      #expect(throws: ValidationError.self) { try IdempotencyKey(validating: text) }
    }
    // They are stored: another text would make a command that is sent again after an update another one.
    #expect(ids[1].rawValue == -7_824_012_897_522_930_294)
  }

  @Test("what a command asks for is told apart by each of its values, and by nothing else")
  func digests() throws {
    let (one, two) = (PaymentID(unchecked: "1"), PaymentID(unchecked: "2 1"))
    let sku = SKU(unchecked: "1")
    let orders: [OrderCommand.Action] = [
      .cancel(nil), .cancel(Units(1)), .cancel(nil, of: sku), .cancel(Units(1), of: sku), .cancel(Units(11)),
      .refunded(one, minor: 1), .refunded(one, minor: 11), .refunded(two, minor: 1), .refunded(one, minor: 12),
      .refunded(one, minor: 1, onlyDue: true), .refunded(two, minor: 1, onlyDue: true),
      .release, .extend, .expire, .fulfil,
    ]
    #expect(Set(orders.map(\.digest)).count == orders.count && orders.allSatisfy { $0.digest != nil })
    let changes = [
      try RuleChange(startsAt: .at(1)), try RuleChange(endsAt: .at(1)), try RuleChange(perBuyerLimit: Units(1)),
      try RuleChange(priceMinor: 1), try RuleChange(perBuyerLimit: Units(1), priceMinor: 1),
    ]
    let actions: [StockCommand.Action] =
      [.restock(Units(1)), .restock(Units(11)), .reduce(Units(1)), .reopen, .close] + changes.map { .change($0) }
    #expect(Set(actions.map(\.digest)).count == actions.count)
    #expect(Set(actions.map(\.digest)).isDisjoint(with: orders.compactMap(\.digest)))
    // They are stored: another text would make a command that is sent again after an update another one.
    #expect(StockCommand.Action.restock(Units(500)).digest.rawValue == -2_164_339_720_793_061_235)
    #expect(StockCommand.Action.change(changes[4]).digest.rawValue == -1_973_954_896_272_531_778)
  }
}
