import FlashSale
import Testing
import Time

@Suite struct RoomTests {
  static let sale = SaleNumber(rawValue: 7)

  static func time(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: 1_000_000_000_000 + seconds * 1_000_000) }

  /// A topic of one room, written record by record.
  struct Topic {
    var rooms = Rooms()
    var next: Int64 = 0

    @discardableResult
    mutating func write(
      _ command: RoomRecord.Command, at seconds: Int64 = 0, epoch: Int64 = 0
    ) -> [Offset] {
      defer { next += 1 }
      let record = RoomRecord(
        sale: RoomTests.sale, at: RoomTests.time(seconds), epoch: Epoch(rawValue: epoch), command)
      return rooms.apply(record, at: Offset(next))
    }

    mutating func join(_ buyer: String, byLot: Bool = false, isLate: Bool = false) {
      write(.join(BuyerID(unchecked: buyer), byLot: byLot, isLate: isLate))
    }

    func standing(_ buyer: String) -> Room.Standing? { rooms[RoomTests.sale]?.standing(of: BuyerID(unchecked: buyer)) }

    var waiting: Int { rooms[RoomTests.sale]?.waiting ?? 0 }
  }

  private static func owned() -> Topic {
    var topic = Topic()
    topic.write(.own, epoch: 1)
    return topic
  }

  @Test func `a buyer has one place, however often she joins`() {
    var topic = Self.owned()
    topic.join("ann")
    topic.join("bob")
    topic.join("ann")
    #expect(topic.standing("ann")?.place == Offset(1))
    #expect(topic.standing("ann")?.ahead == 0)
    #expect(topic.standing("bob")?.ahead == 1)
    #expect(topic.waiting == 2)
  }

  @Test func `a place that is passed over counts for nobody, and comes back where it was`() {
    var topic = Self.owned()
    for buyer in ["ann", "bob", "eve"] { topic.join(buyer) }
    topic.write(.away([Offset(1)]), epoch: 1)
    #expect(topic.waiting == 2)
    #expect(topic.standing("bob")?.ahead == 0)
    topic.write(.alive([Offset(1)]))
    #expect(topic.waiting == 3)
    #expect(topic.standing("ann")?.ahead == 0)
    #expect(topic.standing("bob")?.ahead == 1)
  }

  @Test func `a place that has expired does not come back: its buyer joins at the end`() {
    var topic = Self.owned()
    for buyer in ["ann", "bob"] { topic.join(buyer) }
    topic.write(.away([Offset(1)]), epoch: 1)
    topic.write(.expire([Offset(1)]), epoch: 1)
    topic.write(.alive([Offset(1)]))
    #expect(topic.waiting == 1)
    #expect(topic.standing("ann")?.state == .expired)
    topic.join("ann")
    #expect(topic.standing("ann")?.ahead == 1)
  }

  @Test func `a place is let in once, and only by the last owner`() {
    var topic = Self.owned()
    for buyer in ["ann", "bob"] { topic.join(buyer) }
    topic.write(.admit([Offset(1)]), at: 1, epoch: 1)
    topic.write(.own, epoch: 2)
    // A zombie's.
    topic.write(.admit([Offset(2)]), at: 2, epoch: 1)
    #expect(topic.standing("bob")?.state == .waiting)
    // What its successor repeats.
    topic.write(.admit([Offset(1), Offset(2)]), at: 3, epoch: 2)
    #expect(topic.standing("ann")?.since == Self.time(1))
    #expect(topic.standing("bob")?.since == Self.time(3))
    #expect(topic.rooms[Self.sale]?.inside == 2)
  }

  @Test func `a reader whose topic has lost the takeover believes the owner by what it decides, and none before it`() {
    var topic = Topic()
    for buyer in ["ann", "bob", "eve"] { topic.join(buyer) }
    topic.write(.admit([Offset(0)]), at: 1, epoch: 7)
    #expect(topic.standing("ann")?.state == .admitted)
    #expect(topic.rooms.epoch == Epoch(rawValue: 7))
    // A zombie's, and its takeover.
    topic.write(.admit([Offset(1)]), at: 2, epoch: 6)
    topic.write(.own, epoch: 6)
    topic.write(.admit([Offset(1)]), at: 2, epoch: 6)
    #expect(topic.standing("bob")?.state == .waiting)
    topic.write(.own, epoch: 8)
    topic.write(.admit([Offset(1)]), at: 3, epoch: 7)
    #expect(topic.standing("bob")?.state == .waiting)
    topic.write(.admit([Offset(1)]), at: 4, epoch: 8)
    #expect(topic.standing("bob")?.since == Self.time(4))
  }

  @Test func `a room is forgotten when its owner says so, with all that it kept, and begins anew`() {
    var topic = Self.owned()
    topic.join("ann")
    topic.write(.own, epoch: 2)
    topic.write(.forget, epoch: 1)
    #expect(topic.rooms.sales == [Self.sale], "a zombie's")
    topic.write(.forget, epoch: 2)
    #expect(topic.rooms.sales.isEmpty && topic.standing("ann") == nil)
    topic.join("bob")
    topic.join("ann")
    #expect(topic.standing("ann")?.ahead == 1)
  }

  @Test func `leaving and being done free a place, and a token that is done or revoked counts no more`() {
    var topic = Self.owned()
    for buyer in ["ann", "bob", "eve"] { topic.join(buyer) }
    topic.write(.admit([Offset(1), Offset(2)]), epoch: 1)
    let ended = [
      topic.write(.leave(BuyerID(unchecked: "eve"))), topic.write(.leave(BuyerID(unchecked: "ann"))),
      topic.write(.revoke(BuyerID(unchecked: "bob"))),
    ]
    #expect(ended == [[], [Offset(1)], [Offset(2)]])
    #expect(topic.rooms[Self.sale]?.inside == 0)
    #expect(topic.waiting == 0)
    topic.join("bob")
    #expect(topic.standing("bob")?.state == .revoked)
    topic.join("ann")
    #expect(topic.standing("ann")?.state == .waiting)
  }

  @Test func `who is put out has no token any more, so none is left to a buyer who is revoked later`() {
    var topic = Self.owned()
    topic.join("ann")
    topic.join("bob")
    topic.write(.admit([Offset(1)]), epoch: 1)
    #expect(topic.write(.expire([Offset(1), Offset(2)]), epoch: 1) == [Offset(1)])
    topic.join("ann")
    #expect(topic.write(.revoke(BuyerID(unchecked: "ann"))) == [Offset(5)])
    #expect(topic.rooms[Self.sale]?.refusal(of: BuyerID(unchecked: "ann")) == .revoked)
  }

  @Test func `a room is full of those who are there, and not of those who come and go`() {
    let (ann, bob, eve) = (BuyerID(unchecked: "ann"), BuyerID(unchecked: "bob"), BuyerID(unchecked: "eve"))
    var room = Room(sale: Self.sale, capacity: 2)
    var offset: Int64 = 0
    func write(_ command: RoomRecord.Command) {
      room.apply(RoomRecord(sale: Self.sale, at: Self.time(0), command), at: Offset(offset))
      offset += 1
    }
    write(.join(bob, byLot: false))
    for _ in 0..<5_000 {
      write(.join(ann, byLot: false))
      write(.leave(ann))
    }
    #expect(room.refusal(of: eve) == nil)
    write(.join(ann, byLot: false))
    #expect(room.refusal(of: eve) == .full)
    #expect(room.refusal(of: ann) == nil)
    write(.join(eve, byLot: false))
    #expect(room.standing(of: eve) == nil)
    // Who left last stands last, whatever she had before.
    #expect(room.standing(of: bob)?.ahead == 0)
    #expect(room.standing(of: ann)?.ahead == 1)
    #expect(room.standing(of: ann)?.place == Offset(offset - 2))
    write(.leave(bob))
    write(.join(eve, byLot: false))
    #expect(room.standing(of: ann)?.ahead == 0)
    #expect(room.standing(of: eve)?.ahead == 1)
    #expect(room.waiting == 2)
  }

  @Test func `who joins when the doors are open stands behind the lot, also if its entries end late`() throws {
    var topic = Self.owned()
    for buyer in ["ann", "bob", "eve"] { topic.join(buyer, byLot: true) }
    topic.join("late", byLot: true, isLate: true)
    // Another intake's clock is behind.
    topic.join("dan", byLot: true)
    // She gave her entry up, and comes back when the doors are open.
    topic.write(.leave(BuyerID(unchecked: "bob")))
    topic.join("bob", byLot: true, isLate: true)
    // She comes back before that: it is the same entry.
    topic.write(.leave(BuyerID(unchecked: "eve")))
    topic.join("eve", byLot: true)
    #expect(topic.rooms[Self.sale]?.entryCount == 3)
    topic.write(.close, epoch: 1)
    topic.join("later", byLot: true)
    let room = try #require(topic.rooms[Self.sale])
    #expect(room.entries.map(\.offset) == [Offset(1), Offset(3), Offset(5)])
    #expect(room.closing?.count == 3)
    topic.write(
      .draw(RoomRecord.Drawn(secret: [UInt8](repeating: 1, count: 32), value: "v", round: 0, isFallback: false)),
      epoch: 1)
    #expect(topic.standing("late")?.ahead == 3)
    #expect(topic.standing("bob")?.ahead == 4)
    #expect(topic.standing("later")?.ahead == 5)
    // An entry stays what was drawn, also when its buyer joins again.
    let entries = topic.rooms[Self.sale]?.entries
    topic.write(.leave(BuyerID(unchecked: "ann")))
    topic.join("ann", byLot: true)
    #expect(topic.standing("ann")?.ahead == 5)
    #expect(topic.rooms[Self.sale]?.entries == entries)
  }

  @Test func `positions agree with a plain list, whatever happens`() {
    var random = SeededBits(state: 7)
    var topic = Self.owned()
    var line: [(buyer: Int, place: Int64)] = []
    var away: [(buyer: Int, place: Int64)] = []
    for step in 0..<3_000 {
      let buyer = Int(random.next() % 200)
      switch random.next() % 4 {
      case 0, 1:
        let place = topic.next
        topic.join("b\(buyer)")
        if let index = away.firstIndex(where: { $0.buyer == buyer }) {
          line.append(away.remove(at: index))
          line.sort { $0.place < $1.place }
        } else if !line.contains(where: { $0.buyer == buyer }) {
          line.append((buyer, place))
        }
      case 2:
        guard let index = line.firstIndex(where: { $0.buyer == buyer }) else { continue }
        topic.write(.away([Offset(line[index].place)]), epoch: 1)
        away.append(line.remove(at: index))
      default:
        topic.write(.leave(BuyerID(unchecked: "b\(buyer)")))
        line.removeAll { $0.buyer == buyer }
        away.removeAll { $0.buyer == buyer }
      }
      guard topic.waiting == line.count else {
        Issue.record("at step \(step): \(topic.waiting) wait, not \(line.count)")
        return
      }
      for (ahead, entry) in line.enumerated() where topic.standing("b\(entry.buyer)")?.ahead != ahead {
        Issue.record("at step \(step): b\(entry.buyer) is not \(ahead)th")
        return
      }
    }
  }

  @Test(arguments: [
    RoomRecord.Command.join(BuyerID(unchecked: "ann"), byLot: true),
    .join(BuyerID(unchecked: "ann"), byLot: true, isLate: true), .leave(BuyerID(unchecked: "ann")),
    .revoke(BuyerID(unchecked: "ann")), .alive([3, 9, 4]), .away([]), .expire([1_099_511_627_776]), .admit([0]), .own,
    .pause,
    .resume, .forget, .rate(600), .beacon(name: "noon", value: "4711"), .close,
    .draw(
      RoomRecord.Drawn(
        secret: [UInt8](repeating: 9, count: 32), value: "ab", round: 5, isFallback: true, signature: "cd")),
  ])
  func `a record is read as it was written`(command: RoomRecord.Command) {
    let record = RoomRecord(sale: Self.sale, at: Self.time(5), epoch: Epoch(rawValue: 3), command)
    #expect(record.encoded().withUnsafeBytes { RoomRecord(decoding: $0) } == record)
  }

  @Test func `bytes that are no record are none, and never a trap`() {
    var random = SeededBits(state: 3)
    #expect(RoomRecord(decoding: nil) == nil)
    for _ in 0..<20_000 {
      let bytes = (0..<Int(random.next() % 40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      _ = bytes.withUnsafeBytes { RoomRecord(decoding: $0) }
    }
    #expect([UInt8](repeating: 0, count: 40_000).withUnsafeBytes { RoomRecord(decoding: $0) } == nil)
  }
}

/// SplitMix64.
struct SeededBits {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
