import Foundation
import Testing
import Time

@testable import FlashSale

@Suite struct DrawTests {
  private static let number = SaleNumber(rawValue: 7)
  private static let secret = [UInt8](repeating: 5, count: 32)

  private static func lottery() throws -> RoomRule {
    var rule = RoomRule(ratePerMinute: 60)
    rule.order = .lottery
    rule.beacon = try BeaconRule(
      name: "drand", source: .drand(url: "https://beacon", genesis: RoomTests.time(-3_000), period: 3))
    rule.fallback = (.seconds(60), try BeaconRule(name: "noon", source: .told(knownAt: RoomTests.time(90))))
    return rule
  }

  /// A draw of `rule`, whose entries ended at `closing`, in seconds.
  private static func drawn(
    _ rule: RoomRule? = nil, entries: Int = 50, closing: Int64 = 0, isFallback: Bool = false
  ) throws -> DrawReport {
    let rule = try rule ?? lottery()
    let beacon = try #require(rule.beacon)
    var shaping = SaleShaping()
    shaping.room = rule
    let sale = try Sale(
      id: SaleID(validating: "s"), name: "S", startsAt: RoomTests.time(0), endsAt: RoomTests.time(86_400),
      perBuyerLimit: nil, shaping: shaping,
      items: [SaleItem(sku: SKU(validating: "a"), stock: Units(10), price: Price(minor: 1, currency: "EUR"))])
    var topic = RoomTests.Topic()
    topic.write(.own, epoch: 1)
    for buyer in 0..<entries { topic.join("b\(buyer)", byLot: true) }
    topic.write(.close, at: closing, epoch: 1)
    let ended = try #require(topic.rooms[number]?.closing)
    let question = try #require(
      rule.question(after: ended, now: RoomTests.time(isFallback ? closing + 60 : closing)))
    let signature = [UInt8](repeating: 8, count: 48)
    var isDrand = false
    if case .drand = question.beacon.source { isDrand = true }
    topic.write(
      .draw(
        RoomRecord.Drawn(
          secret: secret, value: isDrand ? Hexadecimal.text(Draw.randomness(of: signature)) : "4711",
          round: question.round, isFallback: isFallback, signature: isDrand ? Hexadecimal.text(signature) : "")),
      at: 100, epoch: 1)
    let room = try #require(topic.rooms[number])
    return try #require(
      DrawReport(
        room, of: sale, numbered: number,
        commitment: Draw.commitment(to: secret, beacon, fallback: rule.fallback)))
  }

  @Test func `a draw can be checked from its file, and follows the lot`() throws {
    let report = try Self.drawn()
    let read = try JSONDecoder().decode(DrawReport.self, from: JSONEncoder().encode(report))
    #expect(read.faults(against: .init(commitment: report.commitment, root: report.root)).isEmpty)
    #expect(read.order?.sorted() == Array(0..<50))
    #expect(read.order != Array(0..<50))
    let second = try Self.drawn(isFallback: true)
    #expect(try JSONDecoder().decode(DrawReport.self, from: JSONEncoder().encode(second)) == second)
    #expect(second.faults() == [])
    // Whether the first beacon was silent, nobody knows from the file: it says what to look up.
    let silence = try #require(second.silence)
    #expect(silence.beacon.rule.name == "drand" && silence.beacon.round == read.beacon.round)
    #expect(silence.until == RoomTests.time(60) && report.silence == nil)
    #expect(try Self.drawn(entries: 0).faults().isEmpty)
  }

  /// What somebody could do to the file, and a word of what is said of it.
  static let tampering: [(String, @Sendable (inout DrawReport) throws -> Void)] = [
    ("root", { $0.entries.append(.init(offset: 99, buyer: String(repeating: "ab", count: 32))) }),
    ("root", { $0.entries.remove(at: 20) }),
    ("root", { $0.entries.swapAt(3, 4) }),
    ("root", { $0.entries[9].buyer = String(repeating: "0", count: 64) }),
    ("cannot be read", { $0.entries[9].buyer = "x" }),
    ("withheld", { $0.secret = nil }),
    ("another than the one", { $0.secret = String(repeating: "06", count: 32) }),
    ("was known", { $0.closedAt = RoomTests.time(1_000) }),
    ("was due", { $0.beacon.round += 1 }),
    ("not the hash", { $0.beacon.value = String(repeating: "00", count: 32) }),
    ("signature is missing", { $0.beacon.signature = nil }),
    ("signature is missing", { ($0.beacon.value, $0.beacon.signature) = (String(repeating: "00", count: 32), nil) }),
    ("another than the one", { $0.fallback = nil }),
    ("another than the one", { $0.fallback?.afterSeconds = 1 }),
    ("another than the one", { $0.beacon.rule = try told() }),
    ("not the one that was named", { $0.beacon.isFallback = true }),
    ("not the one that was named", { ($0.insteadOf, $0.beacon.rule) = ($0.beacon, try told()) }),
    ("has not spoken", { $0.beacon.value = nil }),
    ("order is not", { $0.order?.swapAt(0, 1) }),
    ("order is missing", { $0.order = nil }),
    ("seed is not", { $0.seed = nil }),
    ("last entry", { $0.lastOffset += 1 }),
    ("format", { $0.format = "another" }),
    ("another time", { $0.closedAt = RoomTests.time(-1) }),
  ]

  /// A beacon that the shop would rather have.
  private static func told() throws -> BeaconRule {
    try BeaconRule(name: "mine", source: .told(knownAt: RoomTests.time(90)))
  }

  @Test(arguments: tampering.indices)
  func `what was done to a draw is found`(index: Int) throws {
    var report = try Self.drawn()
    try Self.tampering[index].1(&report)
    let faults = report.faults()
    #expect(faults.contains { $0.contains(Self.tampering[index].0) }, "\(faults)")
  }

  @Test func `a buyer with many entries is found, though all that follows from them fits`() throws {
    var report = try Self.drawn()
    let entries = (0..<50).map {
      Draw.Entry(sale: Self.number, buyer: BuyerID(unchecked: "friend"), offset: Offset($0))
    }
    let closing = Draw.Closing(at: report.closedAt, entries)
    let seed = Draw.seed(secret: Self.secret, closing, beacon: try #require(report.beacon.value))
    report.entries = entries.map { .init(offset: $0.offset.rawValue, buyer: Hexadecimal.text($0.buyer)) }
    (report.lastOffset, report.root) = (49, Hexadecimal.text(closing.root))
    (report.seed, report.order) = (Hexadecimal.text(seed), Draw.order(of: entries, seed: seed))
    #expect(report.faults() == ["A buyer stands there twice."])
    // Digits in capitals make no other buyer.
    report.entries[0].buyer = report.entries[0].buyer.uppercased()
    report.entries.removeLast(48)
    #expect(report.faults().contains("A buyer stands there twice."))
  }

  @Test(arguments: [Int64.max, .min, 0, 86_401])
  func `a fallback after a time that no sale can name is found`(seconds: Int64) throws {
    var report = try Self.drawn(isFallback: true)
    let rule = try Self.lottery()
    let (first, second) = (try #require(rule.beacon), try #require(rule.fallback?.beacon))
    report.fallback?.afterSeconds = seconds
    report.commitment = Hexadecimal.text(
      Draw.commitment(to: Self.secret, first, fallback: (.seconds(seconds), second)))
    #expect(report.faults() == ["No sale can name a fallback after \(seconds) s."])
  }

  @Test func `a file that was made anew as a whole is found by what was noted before`() throws {
    let (published, other) = (try Self.drawn(), try Self.drawn(entries: 49))
    #expect(other.faults().isEmpty)
    #expect(!other.faults(against: .init(root: published.root)).isEmpty)
    #expect(!other.faults(against: .init(commitment: String(repeating: "0", count: 64))).isEmpty)
  }

  @Test func `a time of closing that was put earlier is found by the root, and another beacon by the commitment`()
    throws
  {
    let published = try Self.drawn()
    let noted = DrawReport.Noted(commitment: published.commitment, root: published.root)
    // The round that was due ten minutes before, public since then, with all that follows from it.
    let earlier = try Self.drawn(closing: -600)
    #expect(earlier.faults() == [] && earlier.beacon.round < published.beacon.round)
    #expect(earlier.faults(against: noted).contains { $0.contains("root") })
    var rule = try Self.lottery()
    rule.beacon = try Self.told()
    let swapped = try Self.drawn(rule)
    #expect(swapped.faults() == [] && swapped.root == published.root)
    #expect(swapped.faults(against: noted).contains { $0.contains("commitment") })
    rule = try Self.lottery()
    rule.fallback = (.seconds(30), try Self.told())
    #expect(try Self.drawn(rule, isFallback: true).faults(against: noted).contains { $0.contains("commitment") })
  }

  @Test func `nothing is drawn by a value that was known when the entries ended`() throws {
    var rule = try Self.lottery()
    let closing = Draw.Closing(at: RoomTests.time(90), [])
    // The first beacon's round is never known; the fallback's value is.
    #expect(rule.question(after: closing, now: RoomTests.time(1_000))?.isFallback == false)
    rule.beacon = try Self.told()
    #expect(rule.question(after: closing, now: RoomTests.time(100))?.isTooEarly == true)
    #expect(rule.question(after: closing, now: RoomTests.time(1_000))?.isTooEarly == true)
    let later = try BeaconRule(name: "later", source: .told(knownAt: RoomTests.time(91)))
    rule.fallback = (.seconds(60), later)
    #expect(rule.question(after: closing, now: RoomTests.time(149))?.isTooEarly == true)
    let question = try #require(rule.question(after: closing, now: RoomTests.time(150)))
    #expect(question.isFallback && !question.isTooEarly && question.beacon == later)
  }

  @Test func `an owner that was away past the fallback's time draws by the first beacon, if that has spoken`() throws {
    var rule = try Self.lottery()
    rule.fallback = (.seconds(60), try Self.told())
    let closing = Draw.Closing(at: RoomTests.time(0), [])
    let told = [Room.Told(beacon: try Self.told().name, value: "4711", at: RoomTests.time(100))]
    func step(at second: Int64, _ reply: RoomKeeper.Reply) -> RoomKeeper.Step {
      let now = RoomTests.time(second)
      return rule.questions(after: closing, now: now).next(told: told, now: now) { _ in reply }
    }
    let questions = rule.questions(after: closing, now: RoomTests.time(1_000))
    #expect(questions.map(\.isFallback) == [false, true])
    #expect(step(at: 0, .said("v")) == .wait)
    // Late, it is asked once more: the fallback counts only if that brings nothing.
    #expect(step(at: 1_000, .unasked) == .ask(questions[0]))
    #expect(step(at: 1_000, .said("v")) == .draw(questions[0], "v"))
    #expect(step(at: 1_000, .silent) == .draw(questions[1], "4711"))
    #expect(step(at: 59, .silent) == .wait)
  }

  @Test func `what a person told before the fallback's time counts, and what she tells later does not`() throws {
    var rule = try Self.lottery()
    let drand = try #require(rule.beacon)
    rule.beacon = try BeaconRule(name: "dice", source: .told(knownAt: RoomTests.time(40)))
    rule.fallback = (.seconds(60), drand)
    let questions = rule.questions(after: Draw.Closing(at: RoomTests.time(0), []), now: RoomTests.time(1_000))
    for (second, isInTime) in [(39, false), (40, true), (59, true), (60, false), (900, false)] as [(Int64, Bool)] {
      let told = [Room.Told(beacon: "dice", value: "6", at: RoomTests.time(second))]
      let step = questions.next(told: told, now: RoomTests.time(1_000)) { _ in .said("v") }
      #expect(step == (isInTime ? .draw(questions[0], "6") : .draw(questions[1], "v")), "\(second)")
    }
    // Without a fallback that can count, it may be told whenever.
    rule.fallback = (.seconds(60), try BeaconRule(name: "early", source: .told(knownAt: RoomTests.time(0))))
    let alone = rule.questions(after: Draw.Closing(at: RoomTests.time(0), []), now: RoomTests.time(1_000))
    let late = [Room.Told(beacon: "dice", value: "6", at: RoomTests.time(900))]
    #expect(alone.next(told: late, now: RoomTests.time(1_000)) { _ in .silent } == .draw(alone[0], "6"))
  }

  @Test func `the root is that of RFC 6962`() {
    // The tree of certificate-transparency's test vectors: "", 00, 10, 2021, 3031, 40414243, …
    let leaves: [[UInt8]] = [
      [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
      [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57], Array(0x60...0x6F),
    ]
    var tree = MerkleTree()
    #expect(
      Hexadecimal.text(tree.root) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    for leaf in leaves { tree.append(leaf) }
    #expect(
      Hexadecimal.text(tree.root) == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
  }

  @Test func `commitment, root, seed and order are those that other programs make from the documented bytes`() throws {
    // By a program in Python, and by the browser's, for seven buyers.
    let time = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
    let genesis = try #require(Timestamp(rfc3339: "2020-01-01T00:00:00Z"))
    let drand = try BeaconRule(name: "drand", source: .drand(url: "https://b", genesis: genesis, period: 3))
    let noon = try BeaconRule(name: "noon", source: .told(knownAt: time.after(.seconds(90))))
    let entries = (0..<7).map {
      Draw.Entry(sale: Self.number, buyer: BuyerID(unchecked: "b\($0)"), offset: Offset(Int64($0) * 2))
    }
    let closing = Draw.Closing(at: time, entries)
    let seed = Draw.seed(secret: Self.secret, closing, beacon: "4711")
    #expect(
      Hexadecimal.text(Draw.commitment(to: Self.secret, drand, fallback: (.seconds(60), noon)))
        == "2826270b2b415f91083894db239435d1755a7ce8b30b89bf2c45e9d939341d54")
    #expect(Hexadecimal.text(closing.root) == "0eba3e069900595c6ab809e71f4e49a38bf9c536b4a4b3806c51328e7900c5f0")
    #expect(Hexadecimal.text(seed) == "660d0b89bbe47ce12032b072902aa807b6634a3c6be0476b36e16790007971f6")
    #expect(Draw.order(of: entries, seed: seed) == [0, 6, 3, 1, 2, 5, 4])
  }

  @Test func `one secret, one set of entries and one value make one order; any other, another`() {
    let entries = (0..<100).map {
      Draw.Entry(sale: Self.number, buyer: BuyerID(unchecked: "b\($0)"), offset: Offset($0))
    }
    let closing = Draw.Closing(at: RoomTests.time(0), entries)
    let seed = Draw.seed(secret: Self.secret, closing, beacon: "x")
    #expect(Draw.order(of: entries, seed: seed) == Draw.order(of: entries, seed: seed))
    let other = Draw.seed(secret: Self.secret, closing, beacon: "y")
    #expect(Draw.order(of: entries, seed: seed) != Draw.order(of: entries, seed: other))
    let fewer = Draw.Closing(at: RoomTests.time(0), entries.dropLast())
    #expect(Draw.seed(secret: Self.secret, fewer, beacon: "x") != seed)
  }

  @Test func `a round is never known at closing, whenever that is`() throws {
    let rule = try BeaconRule(
      name: "drand", source: .drand(url: "https://beacon", genesis: RoomTests.time(0), period: 3))
    for microseconds in stride(from: Int64(-100_000_000), to: 100_000_000, by: 333_333) {
      let closing = Timestamp(microseconds: RoomTests.time(0).microseconds + microseconds)
      let known = rule.time(ofRound: rule.round(for: closing))
      #expect(known >= closing.after(Limits.beaconMargin))
      #expect(microseconds < -30_000_000 || known < closing.after(Limits.beaconMargin + .seconds(3)))
    }
    #expect(rule.time(ofRound: .max) > RoomTests.time(0))
  }
}
