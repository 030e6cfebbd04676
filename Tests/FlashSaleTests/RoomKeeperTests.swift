import FlashSale
import Testing
import Time

/// A room and its owner, in a time of the test's own.
@Suite struct RoomKeeperTests {
  private struct Owner {
    var topic = RoomTests.Topic()
    var keeper: RoomKeeper
    var rule: RoomRule
    /// Microseconds since the sale's start.
    var now: Int64 = 0
    var admissions: [Int64] = []
    var question: RoomKeeper.Question?
    var backlog: Int64?

    init(_ rule: RoomRule) throws {
      self.rule = rule
      keeper = RoomKeeper(rule, of: try Self.sale(rule))
      topic.write(.own, epoch: 1)
    }

    /// Another process owns the room, which knows what the topic says.
    mutating func takeOver() throws {
      keeper = RoomKeeper(rule, of: try Self.sale(rule))
      for place in 0..<topic.next { keeper.note(Self.record(.alive([Offset(place)])), in: room, now: time) }
    }

    private static func record(_ command: RoomRecord.Command) -> RoomRecord {
      RoomRecord(sale: RoomTests.sale, at: RoomTests.time(0), command)
    }

    static func sale(_ rule: RoomRule, startsAt: Int64 = 0) throws -> Sale {
      var shaping = SaleShaping()
      shaping.room = rule
      return try Sale(
        id: SaleID(validating: "s"), name: "S", startsAt: RoomTests.time(startsAt), endsAt: RoomTests.time(86_400),
        perBuyerLimit: nil, shaping: shaping,
        items: [SaleItem(sku: SKU(validating: "a"), stock: Units(10), price: Price(minor: 1, currency: "EUR"))])
    }

    var time: Timestamp { Timestamp(microseconds: RoomTests.time(0).microseconds + now) }
    var room: Room { topic.rooms[RoomTests.sale] ?? Room(sale: RoomTests.sale) }

    mutating func write(_ command: RoomRecord.Command) {
      let offset = Offset(topic.next)
      let record = RoomRecord(sale: RoomTests.sale, at: time, epoch: Epoch(rawValue: 1), command)
      topic.rooms.apply(record, at: offset)
      topic.next += 1
      keeper.note(record, in: room, now: time)
    }

    mutating func join(_ buyers: Range<Int>, byLot: Bool = false) {
      for buyer in buyers { write(.join(BuyerID(unchecked: "b\(buyer)"), byLot: byLot)) }
    }

    /// Decides every 50 ms up to a time.
    mutating func run(to seconds: Double, alive: ((Int64) -> [Offset])? = nil) {
      while Double(now) < seconds * 1_000_000 {
        now += 50_000
        if let places = alive?(now), !places.isEmpty { write(.alive(places)) }
        let decision = keeper.decide(room, backlog: backlog, now: time)
        question = decision.questions.last
        for command in decision.commands {
          if case .admit(let places) = command { admissions += places.map { _ in now } }
          write(command)
        }
      }
    }
  }

  @Test(arguments: [Int32(60), 600, 7_000, 60_000])
  func `buyers are let in at the set rate, to two in a hundred`(rate: Int32) throws {
    var owner = try Owner(RoomRule(ratePerMinute: rate))
    owner.join(0..<Int(rate) + 100)
    owner.run(to: 45)
    let wanted = Double(rate) * 45 / 60
    #expect(abs(Double(owner.admissions.count) - wanted) <= max(1, wanted * 0.02))
  }

  @Test func `the rate holds when four in five have left, and none of them is let in`() throws {
    var owner = try Owner(RoomRule(ratePerMinute: 600))
    owner.now = -120_000_000
    owner.join(0..<5_000)
    // Only every fifth goes on asking.
    let present = Set((0..<5_000).filter { $0.isMultiple(of: 5) }.map { Int64($0) + 1 })
    var asked: Int64 = -.max
    owner.run(to: 60) { now in
      guard now &- asked > 15_000_000 || asked == -.max else { return [] }
      asked = now
      return present.sorted().map { Offset($0) }
    }
    #expect(abs(owner.admissions.count - 600) <= 12)
    #expect(owner.room.inside == owner.admissions.count)
    #expect(owner.room.waiting == 1_000 - owner.admissions.count)
  }

  @Test func `nothing is saved up while nobody waits`() throws {
    var owner = try Owner(RoomRule(ratePerMinute: 600))
    owner.run(to: 60)
    owner.join(0..<100)
    owner.run(to: 61)
    #expect((9...12).contains(owner.admissions.count))
  }

  @Test func `a paused room lets nobody in, and goes on at its rate`() throws {
    var owner = try Owner(RoomRule(ratePerMinute: 600))
    owner.join(0..<1_000)
    owner.run(to: 1)
    let before = owner.admissions.count
    owner.write(.pause)
    owner.run(to: 30)
    #expect(owner.admissions.count == before)
    owner.write(.resume)
    owner.run(to: 31)
    #expect((9...12).contains(owner.admissions.count - before))
    owner.write(.rate(6_000))
    owner.run(to: 32)
    #expect((95...115).contains(owner.admissions.count - before - 10))
  }

  @Test func `a room that follows the backlog lets nobody in while it is too long, or not known`() throws {
    var rule = RoomRule(ratePerMinute: 600)
    rule.backlogMax = 100
    var owner = try Owner(rule)
    owner.join(0..<1_000)
    owner.run(to: 5)
    #expect(owner.admissions.isEmpty)
    owner.backlog = 100
    owner.run(to: 10)
    #expect((48...52).contains(owner.admissions.count))
    owner.backlog = 101
    owner.run(to: 20)
    #expect((48...52).contains(owner.admissions.count))
  }

  @Test func `no more are inside than there are slots, and one that is freed is taken within a second`() throws {
    var rule = RoomRule(ratePerMinute: 600)
    rule.slots = 3
    var owner = try Owner(rule)
    owner.join(0..<20)
    owner.run(to: 5)
    #expect(owner.room.inside == 3)
    owner.write(.leave(BuyerID(unchecked: "b1")))
    owner.run(to: 5.5)
    #expect(owner.room.inside == 3)
    #expect(owner.admissions.count == 4)
  }

  @Test func `who comes back within the grace has her old place; after it, none`() throws {
    var rule = RoomRule(ratePerMinute: 1)
    (rule.silence, rule.grace) = (.seconds(30), .seconds(60))
    var owner = try Owner(rule)
    owner.join(0..<3)
    owner.run(to: 32)
    #expect(owner.room.waiting == 0)
    owner.write(.alive([Offset(2)]))
    #expect(owner.room.standing(of: BuyerID(unchecked: "b1"))?.ahead == 0)
    owner.run(to: 100) { _ in [Offset(2)] }
    #expect(owner.room.standing(of: BuyerID(unchecked: "b2"))?.state == .expired)
  }

  @Test func `whoever stays inside for too long is put out`() throws {
    var rule = RoomRule(ratePerMinute: 600)
    rule.stay = .seconds(30)
    var owner = try Owner(rule)
    owner.join(0..<1)
    owner.run(to: 20)
    #expect(owner.room.inside == 1)
    owner.run(to: 40)
    #expect(owner.room.inside == 0)
  }

  @Test func `a clock that is set back lets nobody in twice, and stops nobody`() throws {
    var owner = try Owner(RoomRule(ratePerMinute: 600))
    owner.join(0..<1_000)
    owner.run(to: 35)
    let before = owner.admissions.count
    owner.now -= 30_000_000
    owner.run(to: 10)
    #expect((49...51).contains(owner.admissions.count - before))
    owner.run(to: 36)
    #expect((308...312).contains(owner.admissions.count - before))
    #expect(owner.room.admitted == owner.admissions.count)
  }

  @Test(arguments: [Int64(-30_000_000), -1_000_000, 1_000_000, 30_000_000])
  func `a new owner whose clock is another lets buyers in at the rate from its first moment on`(skew: Int64) throws {
    var owner = try Owner(RoomRule(ratePerMinute: 600))
    owner.join(0..<1_000)
    owner.run(to: 40)
    let before = owner.admissions.count
    owner.now += skew
    try owner.takeOver()
    owner.run(to: Double(owner.now) / 1_000_000 + 10)
    // What it makes up for is bounded, whatever the clocks say.
    #expect((99...152).contains(owner.admissions.count - before))
  }

  @Test(arguments: [Int64(-30_000_000), 0, 30_000_000])
  func `a new owner passes nobody over and puts nobody out whom the one before would not have`(skew: Int64) throws {
    var rule = RoomRule(ratePerMinute: 60)
    (rule.silence, rule.stay, rule.slots) = (.seconds(30), .seconds(30), 5)
    var owner = try Owner(rule)
    owner.join(0..<20)
    owner.run(to: 20)
    #expect(owner.room.inside == 5)
    owner.now += skew
    try owner.takeOver()
    // The last signs of life are 20 s old, and the last admissions 15 s.
    let start = Double(owner.now) / 1_000_000
    owner.run(to: start + 5)
    #expect(owner.room.waiting == 15)
    #expect(owner.room.inside == 5)
    // Whoever is gone is passed over and put out all the same, some time later.
    owner.run(to: start + 80)
    #expect(owner.room.waiting == 0)
    #expect(owner.room.inside == 0)
  }

  @Test func `an owner that could not listen for a while passes nobody over for it`() throws {
    var rule = RoomRule(ratePerMinute: 6)
    rule.silence = .seconds(30)
    var owner = try Owner(rule)
    owner.join(0..<20)
    owner.run(to: 10)
    // Frozen; or its clock was set, which looks the same.
    owner.now += 60_000_000
    owner.run(to: 75)
    #expect(owner.room.count(.away) == 0)
    owner.run(to: 101)
    #expect(owner.room.waiting == 0)
  }

  @Test func `a room follows the start of its sale where it has no opening of its own`() throws {
    let rule = RoomRule(ratePerMinute: 600)
    var owner = try Owner(rule)
    owner.join(0..<100)
    owner.keeper.follow(try Owner.sale(rule, startsAt: 20))
    owner.run(to: 19)
    #expect(owner.admissions.isEmpty)
    owner.keeper.follow(try Owner.sale(rule, startsAt: 5))
    owner.run(to: 20)
    #expect((9...12).contains(owner.admissions.count))
    var fixed = rule
    fixed.opensAt = RoomTests.time(30)
    owner = try Owner(fixed)
    owner.join(0..<100)
    owner.keeper.follow(try Owner.sale(fixed, startsAt: 5))
    owner.run(to: 30)
    #expect(owner.admissions.count <= 1)
  }

  @Test func `the highest rate that can be set is kept`() throws {
    var owner = try Owner(RoomRule(ratePerMinute: Limits.roomRate))
    owner.join(0..<80_000)
    owner.run(to: 0.2)
    let before = owner.admissions.count
    owner.run(to: 0.7)
    #expect(abs(owner.admissions.count - before - 50_000) <= 1_000)
  }

  @Test func `a new owner goes on where the one before left off`() throws {
    var owner = try Owner(RoomRule(ratePerMinute: 600))
    owner.join(0..<1_000)
    owner.run(to: 10)
    // Nobody decides for two seconds; then another does.
    owner.now += 2_000_000
    try owner.takeOver()
    owner.run(to: 20)
    #expect(abs(owner.admissions.count - 200) <= 4)
  }

  @Test func `a lottery closes when the doors open, and asks for a value that nobody can know yet`() throws {
    var rule = RoomRule(ratePerMinute: 600)
    (rule.order, rule.silence) = (.lottery, .seconds(600))
    rule.beacon = try BeaconRule(
      name: "drand", source: .drand(url: "https://beacon", genesis: RoomTests.time(-3_000), period: 3))
    rule.fallback = (
      .seconds(60), try BeaconRule(name: "noon", source: .told(knownAt: RoomTests.time(50)))
    )
    var owner = try Owner(rule)
    owner.now = -10_000_000
    owner.join(0..<20, byLot: true)
    owner.run(to: 1)
    let closing = try #require(owner.room.closing)
    #expect(closing.count == 20)
    let question = try #require(owner.question)
    #expect(question.knownAt > closing.at.after(.seconds(29)))
    #expect(!question.isFallback)
    #expect(owner.admissions.isEmpty)
    // The beacon never answers: the fallback that was set beforehand is asked, and nothing else.
    owner.run(to: 62)
    #expect(owner.question?.isFallback == true)
    #expect(owner.admissions.isEmpty)
    owner.join(20..<25, byLot: true)
    owner.write(
      .draw(
        RoomRecord.Drawn(secret: [UInt8](repeating: 1, count: 32), value: "v", round: 0, isFallback: true)))
    // Whoever came late stands behind the lots.
    for late in 20..<25 { #expect(owner.room.standing(of: BuyerID(unchecked: "b\(late)"))?.ahead ?? 0 >= 20) }
    #expect(owner.room.waiting == 25)
  }
}
