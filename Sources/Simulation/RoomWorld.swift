internal import FlashSale
internal import Time

/// One waiting room, buyers who come and go, an admin who changes it, a beacon that is late or silent, and owners that
/// freeze, wake up as zombies and have clocks that are wrong and are set; around the real `Rooms` and `RoomKeeper`.
///
/// Any two clocks differ by at most 30 s, as they may.
struct RoomWorld {
  static let sale = SaleNumber(rawValue: 1)
  static let step: Int64 = 200_000
  static let longestFreeze: Int64 = 3_000_000
  private static let clocks: ClosedRange<Int64> = -15_000_000...15_000_000

  struct Owner {
    var epoch = Epoch(rawValue: -1)
    var rooms = Rooms()
    var read = 0
    var keeper: RoomKeeper
    /// Off the true time.
    var clock: Int64
    var frozenUntil: Int64 = 0
    /// Decided before it froze, and written when it wakes.
    var held: [RoomRecord] = []
  }

  let bug: RoomBug?
  let shop: Sale
  let rule: RoomRule
  var isLottery: Bool { rule.order == .lottery }
  var random: SeededGenerator
  var now: Int64 = 0
  var log: [RoomRecord] = []
  /// The first record that the topic has still: whoever begins to read begins there.
  private(set) var first = 0
  var owners: [Owner] = []
  /// The database's.
  var epoch: Int64 = 0
  var holder = 0
  var reader = Rooms()
  var model: RoomModel
  var checks = RoomChecks()
  /// Orders that wait for their decision, as the owner sees it.
  var backlog: Int64? = 0
  /// Beacons that say nothing until all faults are over; and how late the others speak.
  private var mute: Set<String> = []
  private var beaconDelay: Int64 = 0
  private var told = 0

  var violation: Violation?
  private(set) var takeovers = 0
  private(set) var zombieRecords = 0
  private(set) var draws = 0
  private(set) var lateJoins = 0
  var forgotten = 0
  var admissions: Int { checks.tokens.count }

  init(seed: UInt64, bug: RoomBug?) throws {
    self.bug = bug
    random = SeededGenerator(seed: seed)
    rule = try Self.rule(&random)
    var shaping = SaleShaping()
    shaping.room = rule
    shop = try Sale(
      id: SaleID(validating: "s"), name: "S", startsAt: Timestamp(microseconds: -60_000_000),
      endsAt: Timestamp(microseconds: .max), perBuyerLimit: nil, shaping: shaping,
      items: [SaleItem(sku: SKU(validating: "a"), stock: Units(1), price: Price(minor: 1, currency: "EUR"))])
    model = RoomModel(isLottery: rule.order == .lottery)
    for name in ["first", "second"] where random.happens(perMille: 300) { mute.insert(name) }
    beaconDelay = random.number(in: 0...8_000_000)
    for _ in 0..<2 { owners.append(Owner(keeper: RoomKeeper(rule, of: shop), clock: random.number(in: Self.clocks))) }
    takeOver(0)
    if random.happens(perMille: 300) { cutOff() }
  }

  /// The topic was idle for so long that it keeps nothing, and the intake is started anew. The owners go on.
  private mutating func cutOff() {
    if random.happens(perMille: 500) { takeOver(1) }
    for index in owners.indices { catchUp(index) }
    (first, reader) = (log.count, Rooms())
  }

  private static func rule(_ random: inout SeededGenerator) throws -> RoomRule {
    var rule = RoomRule(ratePerMinute: 300)
    (rule.silence, rule.grace, rule.stay) = (.seconds(5), .seconds(4), .seconds(10))
    if random.happens(perMille: 500) { rule.slots = Int32(random.number(in: 2...6)) }
    if random.happens(perMille: 200) { rule.backlogMax = 100 }
    guard random.happens(perMille: 400) else { return rule }
    rule.order = .lottery
    rule.opensAt = Timestamp(microseconds: 16_000_000)
    let isDrand = random.happens(perMille: 300)
    rule.beacon = try BeaconRule(
      name: "first",
      source: isDrand
        ? .drand(url: "https://beacon", genesis: Timestamp(microseconds: -3_000_000_000), period: 3)
        : .told(knownAt: Timestamp(microseconds: 21_000_000)))
    rule.fallback = (
      .seconds(isDrand ? 34 : 6),
      try BeaconRule(name: "second", source: .told(knownAt: Timestamp(microseconds: 36_000_000)))
    )
    return rule
  }

  mutating func run() {
    let end: Int64 = isLottery ? 70_000_000 : 30_000_000
    while now < end, violation == nil {
      now += Self.step
      chance()
      goOn()
    }
    settle()
  }

  private mutating func goOn() {
    for index in owners.indices { tick(index) }
    checkLine()
    checkPace()
  }

  // MARK: What happens

  private mutating func chance() {
    if random.happens(perMille: 600) { buyerActs() }
    if random.happens(perMille: 20) { freeze(holder) }
    // The lease has passed, or somebody only believes so.
    if random.happens(perMille: 30) { takeOver(1 - holder) }
    if random.happens(perMille: 5) { setClock(random.index(below: 2)) }
    if random.happens(perMille: 15) { adminActs() }
    if random.happens(perMille: 50) { backlog = [nil, 0, 100, 101][random.index(below: 4)] }
    if isLottery, told < 6, random.happens(perMille: 60) {
      tellBeacon(random.happens(perMille: 500) ? "first" : "second")
    }
  }

  private mutating func buyerActs() {
    let buyer = BuyerID(unchecked: "b\(random.number(in: 0...19))")
    let at = clock(of: random.number(in: Self.clocks))
    let isLate = isLottery && rule.opening(of: shop) <= at
    let join = RoomRecord.Command.join(buyer, byLot: isLottery, isLate: isLate && bug != .lateEntry)
    let command: RoomRecord.Command
    switch random.number(in: 0...9) {
    case 0...4: command = join
    case 5...7:
      guard let place = reader[Self.sale]?.standing(of: buyer)?.place else { return }
      command = .alive([place])
    case 8: command = .leave(buyer)
    default: command = random.happens(perMille: 100) ? .revoke(buyer) : join
    }
    if isLate, case .join = command, reader[Self.sale]?.closing == nil { lateJoins += 1 }
    append(RoomRecord(sale: Self.sale, at: at, command))
  }

  private mutating func adminActs() {
    let rate = [Int32(150), 300, 600][random.index(below: 3)]
    let mayPause = random.happens(perMille: 300)
    append(RoomRecord(sale: Self.sale, at: clock(of: 0), model.isPaused ? .resume : mayPause ? .pause : .rate(rate)))
  }

  /// The admin takes it when it can be known by her clock.
  private mutating func tellBeacon(_ name: String) {
    let at = clock(of: random.number(in: Self.clocks))
    guard !mute.contains(name), rule.refusal(ofBeacon: name, at: at) == nil else { return }
    told += 1
    append(RoomRecord(sale: Self.sale, at: at, .beacon(name: name, value: "\(name)-\(told)")))
  }

  private mutating func setClock(_ index: Int) {
    let clock = random.number(in: Self.clocks)
    // What is less is no step, but a clock that goes badly.
    if abs(clock - owners[index].clock) > 6_000_000 {
      owners[index].clock = clock
      checks.steppedClock()
    }
  }

  // MARK: Owners

  private mutating func freeze(_ index: Int) {
    guard owners[index].frozenUntil <= now else { return }
    catchUp(index)
    var records = decisions(of: index)
    // As if the sale were long over, and then prolonged. A lottery would have no beacon left.
    if !isLottery, random.happens(perMille: 200) {
      records.append(RoomRecord(sale: Self.sale, at: time(of: index), epoch: owners[index].epoch, .forget))
    }
    hold(records, by: index)
  }

  private mutating func hold(_ records: [RoomRecord], by index: Int) {
    owners[index].held = records
    owners[index].frozenUntil = now + random.number(in: 200_000...Self.longestFreeze)
  }

  private mutating func takeOver(_ index: Int) {
    guard owners[index].frozenUntil <= now else { return }
    takeovers += 1
    checks.steppedClock()
    epoch += 1
    holder = index
    owners[index].epoch = Epoch(rawValue: epoch)
    owners[index].held = []
    append(RoomRecord(sale: SaleNumber(rawValue: 0), at: time(of: index), epoch: owners[index].epoch, .own))
    // Anew, as a process does that has just the topic.
    (owners[index].rooms, owners[index].read) = (Rooms(), first)
    owners[index].keeper = RoomKeeper(rule, of: shop)
    catchUp(index)
    if bug == .foreignStamps { believeStamps(index) }
  }

  private mutating func tick(_ index: Int) {
    guard owners[index].epoch.rawValue > 0, owners[index].frozenUntil <= now else { return }
    let held = owners[index].held
    owners[index].held = []
    // A zombie does not know that it is one until it reads.
    if owners[index].epoch.rawValue < epoch { zombieRecords += held.count }
    for record in held { append(record, isHeld: true) }
    catchUp(index)
    guard owners[index].rooms.epoch == owners[index].epoch else { return }
    let decided = decisions(of: index)
    // Its worst moment: it knows the lot, and nobody else does.
    if decided.contains(where: \.command.isDraw), random.happens(perMille: 300) { return hold(decided, by: index) }
    for record in decided { append(record) }
    catchUp(index)
  }

  private mutating func decisions(of index: Int) -> [RoomRecord] {
    let room = owners[index].rooms[Self.sale] ?? Room(sale: Self.sale)
    let at = time(of: index)
    let decision = owners[index].keeper.decide(room, backlog: backlog, now: at)
    var commands = decision.commands
    if let drawn = drawn(decision.questions, room, at) {
      checkBeacon(drawn, room, at)
      commands.append(.draw(drawn))
    }
    if bug == .lateClock, let last = checks.lastAdmission, at < last { commands.removeAll { $0.isAdmission } }
    checkHeldBack(commands, room)
    return commands.map { RoomRecord(sale: Self.sale, at: at, epoch: owners[index].epoch, $0) }
  }

  /// What the lot is drawn by, once the beacon has spoken that counts.
  private func drawn(_ questions: [RoomKeeper.Question], _ room: Room, _ at: Timestamp) -> RoomRecord.Drawn? {
    let asked = bug == .firstForgotten ? Array(questions.suffix(1)) : questions
    let step = asked.next(told: room.told, now: at) { hasSpoken($0) ? .said("round \($0.round)") : .silent }
    guard case .draw(let question, let value) = step else { return nil }
    return RoomRecord.Drawn(
      secret: [UInt8](repeating: 7, count: Draw.secretBytes), value: value, round: question.round,
      isFallback: question.isFallback)
  }

  /// Whether a beacon that is not told answers whoever asks.
  func hasSpoken(_ question: RoomKeeper.Question) -> Bool {
    !mute.contains(question.beacon.name) && question.knownAt.microseconds + beaconDelay <= now
  }

  private mutating func catchUp(_ index: Int) {
    while owners[index].read < log.count {
      let record = log[owners[index].read]
      owners[index].rooms.apply(record, at: Offset(Int64(owners[index].read)))
      owners[index].read += 1
      owners[index].keeper.note(record, in: owners[index].rooms[Self.sale], now: time(of: index))
    }
  }

  /// The planted bug: whom it has heard of long ago by their stamps, it passes over, and puts out.
  private mutating func believeStamps(_ index: Int) {
    let at = time(of: index)
    func isOld(_ place: Offset, _ stamps: [Offset: Timestamp], _ most: Duration) -> Bool {
      stamps[place].map { at.microseconds(since: $0) > most.wholeMicroseconds } ?? false
    }
    let away = model.places(.waiting).filter { isOld($0, checks.signStamps, rule.silence) }
    let over = model.places(.admitted).filter { isOld($0, checks.tokens, rule.stay) }
    for command in [RoomRecord.Command.away(away), .expire(over)] {
      append(RoomRecord(sale: Self.sale, at: at, epoch: owners[index].epoch, command))
    }
    catchUp(index)
  }

  func time(of index: Int) -> Timestamp { clock(of: owners[index].clock) }

  private func clock(of offset: Int64) -> Timestamp { Timestamp(microseconds: now + offset) }

  mutating func append(_ record: RoomRecord, isHeld: Bool = false) {
    let offset = Offset(Int64(log.count))
    if case .draw = record.command { draws += 1 }
    check(record, at: offset, isHeld: isHeld)
    log.append(record)
    if bug == .forgottenByAnyone, case .forget = record.command {
      reader.apply(RoomRecord(sale: record.sale, at: record.at, epoch: reader.epoch, .forget), at: offset)
    } else if bug != .unseenOwner || !record.command.isDecision || isAnnounced(record.epoch) {
      reader.apply(record, at: offset)
    }
    model.apply(record, at: offset)
    checkEffect(of: record, isHeld: isHeld)
  }

  /// Whether the topic says still that the owner of this epoch took over.
  private func isAnnounced(_ epoch: Epoch) -> Bool {
    log[first...].contains { record in if case .own = record.command { record.epoch == epoch } else { false } }
  }

  /// Without faults, everybody who is there is let in sooner or later.
  private mutating func settle() {
    guard violation == nil else { return }
    takeOver(owners[0].frozenUntil <= now ? 0 : 1)
    for index in owners.indices where index != holder { owners[index].frozenUntil = .max }
    (mute, backlog) = ([], 0)
    if model.isPaused { append(RoomRecord(sale: Self.sale, at: clock(of: 0), .resume)) }
    let end = now + 240_000_000
    while now < end, violation == nil {
      now += Self.step
      if now % 2_000_000 < Self.step {
        let places = model.places(.waiting)
        if !places.isEmpty { append(RoomRecord(sale: Self.sale, at: clock(of: 0), .alive(places))) }
        if isLottery, told < 12 { for name in ["first", "second"] { tellBeacon(name) } }
      }
      goOn()
      if model.count(.waiting) == 0 { return }
    }
    // Its entries ended when each beacon's value was known: it is never drawn, and the shop closes the sale.
    let question = reader[Self.sale]?.closing.flatMap { rule.question(after: $0, now: time(of: holder)) }
    if question?.isTooEarly == true { return }
    if violation == nil { violate("liveness", "\(model.count(.waiting)) still wait") }
  }

  mutating func violate(_ invariant: String, _ what: String) {
    violation = violation ?? Violation(invariant: invariant, what: what)
  }
}

extension RoomRecord.Command {
  var isAdmission: Bool { if case .admit = self { true } else { false } }
  /// Whether an owner decides it.
  var isDecision: Bool {
    switch self {
    case .away, .expire, .admit, .close, .draw, .forget: true
    default: false
    }
  }
  var isDraw: Bool { if case .draw = self { true } else { false } }
}
