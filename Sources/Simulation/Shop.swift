internal import FlashSale
internal import Time

/// What is on sale in a world, to whom, and how they try to buy it: all of it drawn from the seed.
struct Shop {
  /// A sale with the number that the store gave it.
  struct Numbered {
    let number: SaleNumber
    let sale: Sale
    let rules: SaleRules
    let codes: [AccessCode]
  }

  /// The instant at which virtual time begins.
  static let epoch = Timestamp(microseconds: 1_800_000_000_000_000)

  /// An access code as a record has it.
  struct AccessCode {
    let id: SubjectID
    let uses: Units
    let buyerLimit: Units?
  }

  /// What one buyer wants with one key. Requests that share (sale, buyer, key) are one order, even if they differ
  /// otherwise.
  struct Purchase {
    let sale: SaleNumber
    /// One, or more of a basket.
    let lines: [OrderLine]
    let buyer: BuyerID
    let key: IdempotencyKey

    /// What the gateway names of it, as `X-Limit-Subjects`.
    let subjects: String

    /// Which of the sale's access codes it has.
    let code: AccessCode?

    /// Whether it waits for units that come back.
    let waits: Bool

    /// Its first SKU, and its units in all.
    var sku: SKU { lines[0].sku }
    var quantity: Units { lines.reduce(.zero) { $0 + $1.quantity } }

    /// The same for all requests that are one order.
    let identity: String

    init(
      sale: SaleNumber, lines: [OrderLine], buyer: BuyerID, key: IdempotencyKey, subjects: String, code: AccessCode?,
      waits: Bool
    ) {
      (self.sale, self.lines, self.buyer, self.key) = (sale, lines, buyer, key)
      (self.subjects, self.code, self.waits) = (subjects, code, waits)
      identity = "\(sale)/\(buyer)/\(key)"
    }
  }

  let partitions: Int32
  private(set) var sales: [Numbered] = []

  /// Every stock key with what was put up, in a fixed order.
  private(set) var stock: [(key: StockKey, level: LaneStock.Level)] = []
  private(set) var purchases: [Purchase] = []

  /// Every lane of every sale, in a fixed order.
  private(set) var lanes: [SaleLane] = []

  /// Sales whose winners intakes keep. In some worlds there is room for the first one's only.
  let keptSales: Set<SaleNumber>

  /// Whether something happens to orders after their first decision.
  let hasHolds: Bool

  /// How much faster clocks run than virtual time, so that holds of whole seconds end while faults happen.
  let pace: Int64

  /// A buyer whose orders the store refuses, by a rule that is not ours.
  let refusedBuyer: BuyerID?

  /// - Parameter shapesCrowd: whether some sales limit rates or cap lines.
  init(from random: inout SeededGenerator, shapesCrowd: Bool) throws(ValidationError) {
    partitions = Int32(random.number(in: Limits.partitions))
    hasHolds = random.happens(perMille: Limits.holdsPerMille)
    pace = hasHolds ? Limits.holdPace : 1
    for number in 1...random.number(in: Limits.sales) {
      sales.append(try Self.sale(number, &random, shapesCrowd, hasHolds: hasHolds, pace: pace))
    }
    stock = Self.stock(of: sales)
    let clients = random.number(in: Limits.clients)
    // Of what was drawn already: no other world changes by it.
    keptSales = Set(sales.map(\.number).prefix(clients % 4 == 0 ? 1 : sales.count))
    let buyers = (0..<max(2, clients / 2)).map { BuyerID(unchecked: "buyer-\($0)") }
    refusedBuyer = random.happens(perMille: 300) ? buyers[random.index(below: buyers.count)] : nil
    for (key, _) in stock where !lanes.contains(lane(of: key)) { lanes.append(lane(of: key)) }
    for _ in 0..<clients {
      if let other = purchases.last, random.happens(perMille: 350) {
        // The same key once more, perhaps for something else: in two lanes it is still one order.
        let items = self[other.sale].sale.items
        let line = OrderLine(sku: items[random.index(below: items.count)].sku, quantity: other.quantity)
        let isSame = other.lines.count > 1 && random.happens(perMille: 500)
        purchases.append(
          Purchase(
            sale: other.sale, lines: isSame ? other.lines : [line], buyer: other.buyer, key: other.key,
            subjects: other.subjects, code: other.code, waits: other.waits))
        continue
      }
      let sale = sales[random.index(below: sales.count)]
      let lines = Self.lines(of: sale.sale, &random)
      purchases.append(
        Purchase(
          sale: sale.number, lines: lines, buyer: buyers[random.index(below: buyers.count)],
          key: IdempotencyKey(unchecked: "key-\(random.index(below: Limits.keysPerBuyer))"),
          subjects: sale.sale.shaping.subjects == nil
            ? ""
            : (0..<2).map { "kind-\($0)=s-\(random.index(below: Limits.subjectsPerKind))" }.joined(separator: ", "),
          code: sale.codes.isEmpty ? nil : sale.codes[random.index(below: sale.codes.count)],
          waits: lines.count == 1 && sale.sale.holds?.waitlist != nil
            && random.happens(perMille: Limits.waitsPerMille)))
    }
  }

  /// What one purchase asks for: of a sale that one lane decides, some are baskets.
  private static func lines(of sale: Sale, _ random: inout SeededGenerator) -> [OrderLine] {
    func quantity(_ random: inout SeededGenerator) -> Units {
      Units(random.happens(perMille: 700) ? 1 : Int32(random.number(in: 2...3)))
    }
    var skus = sale.items.map(\.sku)
    let isBasket = sale.ordering == .sale && skus.count > 1 && random.happens(perMille: Limits.basketsPerMille)
    return (0..<(isBasket ? random.number(in: 2...skus.count) : 1)).map { _ in
      let sku = skus.remove(at: random.index(below: skus.count))
      return OrderLine(sku: sku, quantity: quantity(&random))
    }
  }

  private static func sale(
    _ number: Int, _ random: inout SeededGenerator, _ shapesCrowd: Bool, hasHolds: Bool, pace: Int64
  ) throws(ValidationError) -> Numbered {
    var items: [SaleItem] = []
    for sku in 0..<random.number(in: Limits.skus) {
      items.append(
        try SaleItem(
          sku: SKU(unchecked: "sku-\(sku)"), stock: Units(Int32(random.number(in: Limits.units))),
          price: try Price(minor: Int64(sku + 1) * 100, currency: "CNY")))
    }
    // Of what was drawn already: no other world changes by it.
    var shaping = SaleShaping()
    if shapesCrowd, items.count == 1, items[0].stock == Units(3) { shaping.queueCap = 1 }
    if shapesCrowd, items.count > 1, items[0].stock == Units(5) { shaping.backlog = 2 }
    if shapesCrowd, items.count == 2, items[0].stock == Units(4) {
      shaping.limits = RequestLimits(perBuyer: try RateLimit(requests: 2, perSeconds: 1))
    }
    if random.happens(perMille: Limits.subjectsPerMille) {
      var limits: [SubjectKind: Units] = [:]
      for kind in 0..<random.number(in: 1...2) {
        limits[SubjectKind(unchecked: "kind-\(kind)")] = Units(Int32(random.number(in: 1...4)))
      }
      shaping.subjects = try SubjectLimits(limits)
    }
    let sale = try Sale(
      id: SaleID(unchecked: "sale-\(number)"), name: "Sale \(number)",
      startsAt: epoch.after(random.number(in: Limits.opening) * pace),
      endsAt: epoch.after(random.number(in: Limits.closing) * pace),
      perBuyerLimit: random.happens(perMille: 500) ? Units(Int32(random.number(in: 1...3))) : nil,
      ordering: random.happens(perMille: 300) ? .sale : nil, shaping: shaping,
      holds: hasHolds && random.happens(perMille: 800) ? try holds(&random, isOneItem: items.count == 1) : nil,
      items: items)
    let rules = SaleRules(
      startsAt: sale.startsAt, endsAt: sale.endsAt, perBuyerLimit: sale.perBuyerLimit,
      takesBaskets: sale.ordering == .sale, holds: sale.holds)
    // A code's uses are exact only where one lane decides the sale.
    let isOneLane = sale.ordering == .sale || items.count == 1
    let codes = isOneLane && random.happens(perMille: Limits.codesPerMille) ? codes(&random) : []
    return Numbered(number: SaleNumber(rawValue: Int32(number)), sale: sale, rules: rules, codes: codes)
  }

  private static func holds(
    _ random: inout SeededGenerator, isOneItem: Bool
  ) throws(ValidationError) -> HoldRules {
    let shorts = WaitlistRules.Short.allCases
    return try HoldRules(
      seconds: Int32(random.number(in: Limits.holdSeconds)), extensions: Int32(random.number(in: 0...2)),
      extensionSeconds: 1, latePayment: random.happens(perMille: 500) ? .ifFree : .refund,
      lapses: isOneItem && random.happens(perMille: 300) ? Int32(random.number(in: 1...2)) : nil,
      waitlist: random.happens(perMille: 600)
        ? try WaitlistRules(
          offerSeconds: Int32(random.number(in: Limits.holdSeconds)), leastSeconds: 1,
          short: shorts[random.index(below: shorts.count)])
        : nil)
  }

  private static func codes(_ random: inout SeededGenerator) -> [AccessCode] {
    (0..<random.number(in: 1...3)).map { number in
      AccessCode(
        id: SubjectID(unchecked: "code-\(number)"), uses: Units(Int32(random.number(in: 1...3))),
        buyerLimit: random.happens(perMille: 400) ? Units(Int32(random.number(in: 1...4))) : nil)
    }
  }

  /// What a request for a purchase brings to its decision, as intake makes it.
  func terms(of purchase: Purchase) throws(SubjectLimits.Fault) -> OrderTerms {
    var terms = OrderTerms(
      subjects: try self[purchase.sale].sale.shaping.subjects?.subjects(in: purchase.subjects) ?? [])
    if let code = purchase.code {
      terms.subjects.append(LimitSubject(kind: .code, id: code.id, limit: code.uses))
      terms.buyerLimit = code.buyerLimit
    }
    if purchase.waits { terms.waits = true }
    return terms
  }

  /// What a clock that is right shows at this virtual time.
  func clock(at now: Int64) -> Timestamp { Self.epoch.after(now * pace) }

  subscript(number: SaleNumber) -> Numbered { sales[Int(number.rawValue) - 1] }

  /// Which lane decides a stock.
  func lane(of key: StockKey) -> SaleLane {
    SaleLane(
      sale: key.sale, partition: RecordKey(sale: self[key.sale].sale, sku: key.sku).partition(of: partitions))
  }

  private static func stock(of sales: [Numbered]) -> [(key: StockKey, level: LaneStock.Level)] {
    sales.flatMap { sale in
      sale.sale.items.map { item in
        (
          StockKey(sale: sale.number, sku: item.sku),
          LaneStock.Level(opening: item.stock, price: item.price, rules: sale.rules)
        )
      }
    }
  }
}

extension Timestamp {
  /// This many microseconds later.
  func after(_ microseconds: Int64) -> Timestamp { Timestamp(microseconds: self.microseconds + microseconds) }
}
