import FlashSale
import Kafka
import SaleStore
import TestSupport
import Time

/// A short log of a sale with holds and a waitlist in one partition, with each kind of command in it. Four phones were
/// put up; a buyer may have three.
///
/// | offset | record | what it does |
/// |---|---|---|
/// | 0, 1, 2 | alice 2, bob 1, carol 1 | reserved |
/// | 3, 4 | dave 2, erin 1, who would wait | waitlisted |
/// | 5 | frank 1, who would not | all_held |
/// | 6, 7 | alice pays, and pays again | paid; already_paid |
/// | 8 | the second payment is paid back | |
/// | 9 | alice cancels 1 | refund_due; erin is offered it, dave wants more |
/// | 10 | bob's hold is over | expired |
/// | 11 | 3 more are put up | dave is offered 2 |
/// | 12, 13 | bob pays, frank pays | too_late; refused |
/// | 14 | carol extends | |
/// | 15 | alice's is sent | fulfilled |
/// | 16 | gina 1, who counts for a card | reserved |
/// | 17, 18 | the price falls; henry 1 | reserved at it |
/// | 19 | dave's offer is over | lapsed |
/// | 20 | gina's hold would be over, and is not | not_due |
/// | 21, 22 | 1 is taken back; and again 9 | applied; too_much |
/// | 23, 24 | erin releases, twice with one key | released; repeated |
/// | 25 | a command for an order that does not exist | unknown_order |
/// | 26, 27 | what 21 took back is sent again, and 5 are put up under its id | repeated; another_command |
struct LivesStory {
  let bench: AuditBench
  let sale: StoredSale

  /// Tells the story and lends it to `body`.
  static func with(_ body: (LivesStory) async throws -> Void) async throws {
    try await AuditBench.with { bench in
      let story = LivesStory(bench: bench, sale: try await bench.store.create(try sale()))
      try await bench.feed(try story.records())
      try await bench.decideAll()
      try await body(story)
    }
  }

  private static func sale() throws -> Sale {
    try Sale(
      id: SaleID(validating: "held"), name: "Held", startsAt: Timestamp(microseconds: 1_700_000_000_000_000),
      endsAt: Timestamp(microseconds: 1_900_000_000_000_000), perBuyerLimit: Units(3),
      holds: HoldRules(
        seconds: 600, extensions: 1, extensionSeconds: 300, lapses: 3,
        waitlist: WaitlistRules(offerSeconds: 300, leastSeconds: 60)),
      items: [SaleItem(sku: SKU(validating: "phone"), stock: Units(4), price: Price(minor: 500, currency: "CNY"))])
  }

  /// So many seconds after the first records.
  static func later(_ seconds: Int64) -> Timestamp {
    Timestamp(microseconds: insideTheSale.microseconds + seconds * 1_000_000)
  }

  private var phone: StockKey { StockKey(sale: sale.number, sku: SKU(unchecked: "phone")) }

  func command(
    _ buyer: String, _ action: OrderCommand.Action, at seconds: Int64, id: Int64? = nil, by actor: Actor = .shop
  ) throws -> OutgoingRecord {
    let command = try OrderCommand(
      order: bench.order(sale, buyer), stock: phone, at: Self.later(seconds), action: action,
      id: id.map(CommandID.init(rawValue:)), by: actor)
    return bench.record(.order(command), sale, "phone")
  }

  func stock(_ action: StockCommand.Action, at seconds: Int64, id: Int64? = nil) throws -> OutgoingRecord {
    let admin = try Actor(name: "admin", reason: "a test")
    let command = try StockCommand(
      stock: phone, at: Self.later(seconds), action: action, id: id.map(CommandID.init(rawValue:)), by: admin)
    return bench.record(.stock(command), sale, "phone")
  }

  func pay(_ buyer: String, _ payment: String, _ minor: Int64, at seconds: Int64) throws -> OutgoingRecord {
    try command(
      buyer, .pay(try Capture(payment: try PaymentID(validating: payment), minor: minor, currency: "CNY")),
      at: seconds, by: .provider)
  }

  private func records() throws -> [OutgoingRecord] {
    let waits = OrderTerms(waits: true)
    let card = LimitSubject(
      kind: SubjectKind(unchecked: "card"), id: SubjectID(unchecked: "c-1"), limit: Units(5))
    return [
      try bench.place(sale, "phone", "alice", 2), try bench.place(sale, "phone", "bob"),
      try bench.place(sale, "phone", "carol"), try bench.place(sale, "phone", "dave", 2, terms: waits),
      try bench.place(sale, "phone", "erin", terms: waits), try bench.place(sale, "phone", "frank"),
      try pay("alice", "p-1", 1_000, at: 10), try pay("alice", "p-2", 1_000, at: 11),
      try command("alice", .refunded(try PaymentID(validating: "p-2"), minor: 1_000), at: 12),
      try command("alice", .cancel(Units(1)), at: 20, id: 1, by: .buyer),
      try command("bob", .expire, at: 601, by: .scheduler), try stock(.restock(Units(3)), at: 602),
      try pay("bob", "p-3", 500, at: 610), try pay("frank", "p-4", 500, at: 611),
      try command("carol", .extend, at: 590, id: 2, by: .buyer), try command("alice", .fulfil, at: 620),
      try bench.place(
        sale, "phone", "gina", at: Self.later(700), terms: OrderTerms(subjects: [card])),
      try stock(.change(try RuleChange(priceMinor: 400)), at: 701),
      try bench.place(sale, "phone", "henry", at: Self.later(702)),
      try command("dave", .expire, at: 950, by: .scheduler), try command("gina", .expire, at: 960, by: .scheduler),
      try stock(.reduce(Units(1)), at: 961, id: 7), try stock(.reduce(Units(9)), at: 962),
      try command("erin", .release, at: 963, id: 3, by: .buyer),
      try command("erin", .release, at: 964, id: 3, by: .buyer), try command("nobody", .cancel(nil), at: 965),
      try stock(.reduce(Units(1)), at: 966, id: 7), try stock(.restock(Units(5)), at: 967, id: 7),
    ]
  }
}
