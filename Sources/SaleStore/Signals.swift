public import FlashSale
import FoundationEssentials
import Postgres
public import Time

/// What lanes broadcast after a commit: their progress and what is left.
///
/// Sent with NOTIFY, coalesced and outside the transaction that it reports, so that it costs no commit anything. A lost
/// signal does no harm: the next one replaces it, and listeners re-read the store from time to time.
public struct Signal: Sendable, Hashable {
  /// The next offset of each partition that moved: every record before it has its outcome.
  public var progress: [Partition: Offset]

  /// The committed level of each stock that changed.
  public var stock: [StockKey: StockLevel]

  /// When the newest of these commits had returned to its lane, by the clock of the worker's machine; `nil` if that is
  /// not known.
  public var committedAt: Timestamp?

  /// Creates a signal.
  public init(
    progress: [Partition: Offset] = [:], stock: [StockKey: StockLevel] = [:], committedAt: Timestamp? = nil
  ) {
    self.progress = progress
    self.stock = stock
    self.committedAt = committedAt
  }

  /// The NOTIFY channel.
  public static let channel: StaticString = "penstock_signals"

  /// PostgreSQL refuses a payload of 8,000 bytes (`NOTIFY_PAYLOAD_MAX_LENGTH`); entries are small, so this many of them
  /// with the longest SKU stay below.
  private static let entriesPerPayload = 48

  /// The signal as NOTIFY payloads, each short enough for PostgreSQL; none if there is nothing to say.
  public func payloads(topic: String) -> [String] {
    let progress = progress.map { Wire.Progress(partition: $0.key.rawValue, next: $0.value.rawValue) }
    let stock = stock.map {
      Wire.Stock(
        sale: $0.key.sale.rawValue, sku: $0.key.sku.rawValue, left: $0.value.left.rawValue,
        held: $0.value.reserved == .zero ? nil : $0.value.reserved.rawValue,
        closed: $0.value.isClosed, asOf: $0.value.asOf.rawValue)
    }
    let entries = progress.count + stock.count
    if entries == 0 { return [] }
    func wire(_ progress: [Wire.Progress], _ stock: [Wire.Stock]) -> Wire {
      Wire(topic: topic, progress: progress, stock: stock, committedAt: committedAt?.microseconds)
    }
    if entries <= Self.entriesPerPayload { return [wire(progress, stock)].compactMap(\.payload) }
    // Stock goes out no later than the progress behind it: a reader that knows the progress must know the stock too.
    let stocks = stride(from: 0, to: stock.count, by: Self.entriesPerPayload).map {
      wire([], Array(stock[$0...].prefix(Self.entriesPerPayload)))
    }
    let progresses = stride(from: 0, to: progress.count, by: Self.entriesPerPayload).map {
      wire(Array(progress[$0...].prefix(Self.entriesPerPayload)), [])
    }
    return (stocks + progresses).compactMap(\.payload)
  }

  /// The signal in a payload, or `nil` if it is about another topic or is none.
  public init?(payload: String, topic: String) {
    guard let wire = try? JSONDecoder().decode(Wire.self, from: Data(payload.utf8)), wire.topic == topic else {
      return nil
    }
    self.init(committedAt: wire.committedAt.map(Timestamp.init(microseconds:)))
    for entry in wire.progress { progress[Partition(entry.partition)] = Offset(entry.next) }
    for entry in wire.stock {
      guard let sku = SKU(rawValue: entry.sku) else { return nil }
      let key = StockKey(sale: SaleNumber(rawValue: entry.sale), sku: sku)
      stock[key] = StockLevel(
        left: Units(entry.left), reserved: Units(entry.held ?? 0), isClosed: entry.closed, asOf: Offset(entry.asOf))
    }
  }

  private struct Wire: Codable {
    struct Progress: Codable {
      var partition: Int32
      var next: Int64
      enum CodingKeys: String, CodingKey {
        case partition = "p"
        case next = "n"
      }
    }
    struct Stock: Codable {
      var sale: Int32
      var sku: String
      var left: Int32
      /// `nil`: none.
      var held: Int32?
      var closed: Bool
      var asOf: Int64
      enum CodingKeys: String, CodingKey {
        case sale = "n"
        case sku = "k"
        case left = "l"
        case held = "h"
        case closed = "c"
        case asOf = "a"
      }
    }
    var topic: String
    var progress: [Progress]
    /// Taken in before the progress.
    var stock: [Stock]
    /// Microseconds since 1970.
    var committedAt: Int64?

    var payload: String? { (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } }

    enum CodingKeys: String, CodingKey {
      case topic = "t"
      case progress = "p"
      case stock = "s"
      case committedAt = "c"
    }
  }
}

/// Says that a sale was created or closed; the payload is its id.
public enum CatalogSignal {
  /// The NOTIFY channel.
  public static let channel: StaticString = "penstock_catalog"
}
