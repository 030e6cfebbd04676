import FlashSale
import Foundation
import Testing
import Time

@Suite struct DrawTests {
  private static let number = SaleNumber(rawValue: 7)
  private static let secret = [UInt8](repeating: 5, count: 32)

  private static func drawn(entries: Int = 50, isFallback: Bool = false) throws -> DrawReport {
    var rule = RoomRule(ratePerMinute: 60)
    rule.order = .lottery
    rule.beacon = try BeaconRule(
      name: "drand", source: .drand(url: "https://beacon", genesis: RoomTests.time(-3_000), period: 3))
    rule.fallback = (.seconds(60), try BeaconRule(name: "noon", source: .told(knownAt: RoomTests.time(90))))
    var shaping = SaleShaping()
    shaping.room = rule
    let sale = try Sale(
      id: SaleID(validating: "s"), name: "S", startsAt: RoomTests.time(0), endsAt: RoomTests.time(86_400),
      perBuyerLimit: nil, shaping: shaping,
      items: [SaleItem(sku: SKU(validating: "a"), stock: Units(10), price: Price(minor: 1, currency: "EUR"))])
    var topic = RoomTests.Topic()
    topic.write(.own, epoch: 1)
    for buyer in 0..<entries { topic.join("b\(buyer)", byLot: true) }
    topic.write(.close, at: 0, epoch: 1)
    let signature = [UInt8](repeating: 8, count: 48)
    let value = isFallback ? "4711" : Hexadecimal.text(Draw.randomness(of: signature))
    let round = isFallback ? 0 : rule.beacon?.round(for: RoomTests.time(0)) ?? 0
    topic.write(
      .draw(
        RoomRecord.Drawn(
          secret: secret, value: value, round: round, isFallback: isFallback,
          signature: isFallback ? "" : Hexadecimal.text(signature))), at: 40, epoch: 1)
    let room = try #require(topic.rooms[number])
    return try #require(
      DrawReport(room, of: sale, numbered: number, commitment: Draw.commitment(to: secret)))
  }

  @Test func `a draw can be checked from its file, and follows the lot`() throws {
    let report = try Self.drawn()
    let read = try JSONDecoder().decode(DrawReport.self, from: JSONEncoder().encode(report))
    #expect(read.faults(against: .init(commitment: report.commitment, root: report.root)).isEmpty)
    #expect(read.order?.sorted() == Array(0..<50))
    #expect(read.order != Array(0..<50))
    #expect(try Self.drawn(isFallback: true).faults().isEmpty)
    #expect(try Self.drawn(entries: 0).faults().isEmpty)
  }

  /// What somebody could do to the file, and a word of what is said of it.
  static let tampering: [(String, @Sendable (inout DrawReport) -> Void)] = [
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
    ("has not spoken", { $0.beacon.value = nil }),
    ("order is not", { $0.order?.swapAt(0, 1) }),
    ("order is missing", { $0.order = nil }),
    ("seed is not", { $0.seed = nil }),
    ("last entry", { $0.lastOffset += 1 }),
    ("format", { $0.format = "another" }),
    ("It is not said", { $0.beacon.genesis = nil }),
  ]

  @Test(arguments: tampering.indices)
  func `what was done to a draw is found`(index: Int) throws {
    var report = try Self.drawn()
    Self.tampering[index].1(&report)
    let faults = report.faults()
    #expect(faults.contains { $0.contains(Self.tampering[index].0) }, "\(faults)")
  }

  @Test func `a file that was made anew as a whole is found by what was noted before`() throws {
    let (published, other) = (try Self.drawn(), try Self.drawn(entries: 49))
    #expect(other.faults().isEmpty)
    #expect(!other.faults(against: .init(root: published.root)).isEmpty)
    #expect(!other.faults(against: .init(commitment: String(repeating: "0", count: 64))).isEmpty)
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
