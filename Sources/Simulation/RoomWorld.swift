internal import FlashSale
internal import Time

/// One waiting room, buyers who come and go, and owners that freeze, wake up as zombies and have wrong clocks; around
/// the real `Rooms` and `RoomKeeper`.
struct RoomWorld {
  static let sale = SaleNumber(rawValue: 1)
  private static let step: Int64 = 200_000
  private static let rate: Int32 = 300

  private struct Owner {
    var epoch = Epoch(rawValue: -1)
    var rooms = Rooms()
    var read = 0
    var keeper: RoomKeeper
    /// Off the true time.
    let clock: Int64
    var frozenUntil: Int64 = 0
    /// Decided before it froze, and written when it wakes.
    var held: [RoomRecord] = []
  }

  private let bug: RoomBug?
  private let shop: Sale
  private let rule: RoomRule
  private var random: SeededGenerator
  private var now: Int64 = 0
  private var log: [RoomRecord] = []
  private var owners: [Owner] = []
  /// The database's.
  private var epoch: Int64 = 0
  private var holder = 0
  private var reader = Rooms()
  private var model = RoomModel()
  /// What each place's token says, since it was first given.
  private var tokens: [Offset: Timestamp] = [:]

  private(set) var violation: Violation?
  private(set) var takeovers = 0
  private(set) var zombieRecords = 0
  var admissions: Int { tokens.count }

  init(seed: UInt64, bug: RoomBug?) throws {
    self.bug = bug
    random = SeededGenerator(seed: seed)
    var rule = RoomRule(ratePerMinute: Self.rate)
    (rule.silence, rule.grace, rule.stay) = (.seconds(5), .seconds(4), .seconds(10))
    if random.happens(perMille: 500) { rule.slots = Int32(random.number(in: 2...6)) }
    var shaping = SaleShaping()
    shaping.room = rule
    self.rule = rule
    shop = try Sale(
      id: SaleID(validating: "s"), name: "S", startsAt: Timestamp(microseconds: 0),
      endsAt: Timestamp(microseconds: .max), perBuyerLimit: nil, shaping: shaping,
      items: [SaleItem(sku: SKU(validating: "a"), stock: Units(1), price: Price(minor: 1, currency: "EUR"))])
    for _ in 0..<2 {
      let clock: Int64 = random.number(in: -30_000_000...30_000_000)
      owners.append(Owner(keeper: RoomKeeper(rule, of: shop), clock: clock))
    }
    takeOver(0)
  }

  mutating func run() {
    while now < 30_000_000, violation == nil {
      now += Self.step
      chance()
      for index in owners.indices { tick(index) }
    }
    settle()
  }

  // MARK: What happens

  private mutating func chance() {
    if random.happens(perMille: 600) { buyerActs() }
    if random.happens(perMille: 20) { freeze(holder) }
    // The lease has passed, or somebody only believes so.
    if random.happens(perMille: 30) { takeOver(1 - holder) }
  }

  private mutating func buyerActs() {
    let buyer = BuyerID(unchecked: "b\(random.number(in: 0...19))")
    let at = Timestamp(microseconds: now + random.number(in: -30_000_000...30_000_000))
    let command: RoomRecord.Command
    switch random.number(in: 0...9) {
    case 0...4: command = .join(buyer, byLot: false)
    case 5...7:
      guard let place = reader[Self.sale]?.standing(of: buyer)?.place else { return }
      command = .alive([place])
    case 8: command = .leave(buyer)
    default: command = random.happens(perMille: 100) ? .revoke(buyer) : .join(buyer, byLot: false)
    }
    append(RoomRecord(sale: Self.sale, at: at, command))
  }

  private mutating func freeze(_ index: Int) {
    catchUp(index)
    owners[index].held = decisions(of: index)
    owners[index].frozenUntil = now + random.number(in: 200_000...3_000_000)
  }

  private mutating func takeOver(_ index: Int) {
    guard owners[index].frozenUntil <= now else { return }
    takeovers += 1
    epoch += 1
    holder = index
    owners[index].epoch = Epoch(rawValue: epoch)
    owners[index].held = []
    append(RoomRecord(sale: SaleNumber(rawValue: 0), at: time(of: index), epoch: owners[index].epoch, .own))
    // Anew, as a process does that has just the topic.
    (owners[index].rooms, owners[index].read) = (Rooms(), 0)
    owners[index].keeper = RoomKeeper(rule, of: shop)
    catchUp(index)
  }

  private mutating func tick(_ index: Int) {
    guard owners[index].epoch.rawValue > 0, owners[index].frozenUntil <= now else { return }
    let held = owners[index].held
    owners[index].held = []
    // A zombie does not know that it is one until it reads.
    if owners[index].epoch.rawValue < epoch { zombieRecords += held.count }
    for record in held { append(record) }
    catchUp(index)
    guard owners[index].rooms.epoch == owners[index].epoch else { return }
    for record in decisions(of: index) { append(record) }
    catchUp(index)
  }

  private mutating func decisions(of index: Int) -> [RoomRecord] {
    let room = owners[index].rooms[Self.sale] ?? Room(sale: Self.sale)
    let at = time(of: index)
    return owners[index].keeper.decide(room, now: at).commands.map {
      RoomRecord(sale: Self.sale, at: at, epoch: owners[index].epoch, $0)
    }
  }

  private mutating func catchUp(_ index: Int) {
    while owners[index].read < log.count {
      let record = log[owners[index].read]
      owners[index].rooms.apply(record, at: Offset(Int64(owners[index].read)))
      owners[index].read += 1
      if let room = owners[index].rooms[Self.sale] {
        owners[index].keeper.note(record, in: room, now: time(of: index))
      }
    }
  }

  private func time(of index: Int) -> Timestamp { Timestamp(microseconds: now + owners[index].clock) }

  // MARK: What must hold

  private mutating func append(_ record: RoomRecord) {
    let offset = Offset(Int64(log.count))
    log.append(record)
    reader.apply(record, at: offset)
    model.apply(record, at: offset)
    guard let room = reader[Self.sale] else { return }
    if case .admit(let places) = record.command { check(places, record, room) }
    let size = room.waiting + (bug == .expiredCounted ? model.count(.expired) : 0)
    if size != model.count(.waiting) {
      violate("size", "the room says that \(size) wait, and \(model.count(.waiting)) do")
    }
    let most = Int64(Self.rate) * (now / 1_000_000 + 1) / 60 + Int64(takeovers) * (Int64(Self.rate) * 5 / 60 + 2)
    if Int64(admissions) > most { violate("pace", "\(admissions) were let in by \(now / 1_000) ms") }
  }

  /// What an intake makes of an admission: a token for each place.
  private mutating func check(_ places: [Offset], _ record: RoomRecord, _ room: Room) {
    for place in places {
      guard let buyer = model.buyer(of: place) else { continue }
      let standing = room.standing(of: buyer)
      let isIn = standing?.place == place && standing?.state == .admitted
      guard let since = bug == .admittedTwice ? record.at : isIn ? standing?.since : nil else { continue }
      if let known = tokens[place], known != since { violate("place", "the place \(place) is let in twice") }
      tokens[place] = tokens[place] ?? since
    }
  }

  /// Without faults, everybody who is there is let in sooner or later.
  private mutating func settle() {
    guard violation == nil else { return }
    takeOver(owners[0].frozenUntil <= now ? 0 : 1)
    for index in owners.indices where index != holder { owners[index].frozenUntil = .max }
    let end = now + 180_000_000
    while now < end, violation == nil {
      now += Self.step
      if now % 2_000_000 < Self.step {
        let places = model.places(.waiting)
        if !places.isEmpty { append(RoomRecord(sale: Self.sale, at: Timestamp(microseconds: now), .alive(places))) }
      }
      tick(holder)
      if model.count(.waiting) == 0 { return }
    }
    if violation == nil { violate("liveness", "\(model.count(.waiting)) still wait") }
  }

  private mutating func violate(_ invariant: String, _ what: String) {
    violation = violation ?? Violation(invariant: invariant, what: what)
  }
}
