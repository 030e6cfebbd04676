import FlashSale
import SaleStore
import Testing
import Time

struct SignalTests {
  /// Signals about many partitions and stocks, each entry as long as it can be.
  private static func signal(partitions: Int, stocks: Int) throws -> Signal {
    let sku = { index in try SKU(validating: String(repeating: "s", count: SKU.maxBytes - 6) + "\(100_000 + index)") }
    return Signal(
      progress: Dictionary(
        uniqueKeysWithValues: (0..<partitions).map { (Partition(Int32(8_191 - $0)), Offset(.max - Int64($0))) }),
      stock: Dictionary(
        uniqueKeysWithValues: try (0..<stocks).map { index in
          let level = StockLevel(
            left: Units(.max), isClosed: index.isMultiple(of: 2), asOf: Offset(.max - Int64(index)))
          return (StockKey(sale: SaleNumber(rawValue: .max - Int32(index)), sku: try sku(index)), level)
        }),
      committedAt: Timestamp(microseconds: 1_791_676_800_123_456))
  }

  @Test(arguments: [(0, 1), (1, 0), (1, 1), (24, 24), (25, 24), (1, 48), (0, 49), (8_192, 300)])
  func `what is sent is what is heard`(partitions: Int, stocks: Int) throws {
    let signal = try Self.signal(partitions: partitions, stocks: stocks)
    let payloads = signal.payloads(topic: "orders")
    var heard = Signal()
    for payload in payloads {
      #expect(payload.utf8.count < 8_000, "PostgreSQL takes no longer one")
      let part = try #require(Signal(payload: payload, topic: "orders"))
      #expect(part.committedAt == signal.committedAt)
      // Whoever knows how far a lane came knows what is left.
      if !part.progress.isEmpty { #expect(heard.stock.count + part.stock.count == stocks) }
      heard.progress.merge(part.progress) { old, _ in old }
      heard.stock.merge(part.stock) { old, _ in old }
      heard.committedAt = part.committedAt
    }
    #expect(heard == signal)
    #expect(payloads.count == 1 || partitions + stocks > 48)
  }

  @Test func `nothing to say is not sent`() {
    #expect(Signal(committedAt: Timestamp(microseconds: 1)).payloads(topic: "orders").isEmpty)
  }

  @Test func `a time that is not known stays unknown`() throws {
    let signal = Signal(progress: [Partition(0): Offset(1)])
    let payload = try #require(signal.payloads(topic: "orders").first)
    #expect(Signal(payload: payload, topic: "orders") == signal)
  }

  @Test(arguments: [
    "", "{", "null", "[]", "{}", #"{"t":"orders"}"#, #"{"t":"orders","p":[],"s":[{"n":1,"k":"","l":1,"c":false}]}"#,
    #"{"t":"orders","p":[{"p":1,"n":"2"}],"s":[]}"#, #"{"t":"orders","p":[],"s":[],"c":"noon"}"#,
    #"{"t":"others","p":[],"s":[]}"#,
  ])
  func `what is no signal of this topic is not heard`(payload: String) {
    #expect(Signal(payload: payload, topic: "orders") == nil)
  }
}
