internal import FlashSale
internal import SaleStore
internal import Time

/// A sale as a person watches it, as of one look: what is shown, before it is words.
struct LiveView: Sendable, Equatable {
  /// What the clock counts down to.
  enum Next: Equatable {
    case opens(Timestamp), ends(Timestamp), over
  }

  /// Requests for orders that went one way.
  struct Flow: Equatable {
    let perSecond: Double
    let inAll: Int64
  }

  /// Requests that were refused, or answered again, before the log.
  struct Refusal: Equatable {
    /// The problem's code, or `repeated`.
    let code: String
    let flow: Flow
  }

  /// What came in, and what was decided, within one second.
  struct Second: Equatable {
    let at: Timestamp
    let accepted: Int64
    let decided: Int64
    let repeated: Int64
    let refused: Int64
  }

  struct Stock: Equatable {
    let sku: SKU
    let putUp: Int64
    let left: Int64
    let held: Int64
    let sold: Int64
    let isClosed: Bool
  }

  enum PartitionState: Equatable {
    case halted(reason: String)
    /// Nobody who lives has it.
    case unowned
    /// Its owner has shown no life for long.
    case silent
    case working
    /// Nothing waits.
    case idle
  }

  struct PartitionRow: Equatable {
    let partition: Partition
    /// Whether records of the sale go there.
    let isOfSale: Bool
    let owner: String?
    let leaseMilliseconds: Int64?
    /// The offset that is decided next: the head of its line.
    let head: Offset
    /// Records that are accepted and not decided; `nil`: the log did not answer.
    let lag: Int64?
    /// Since when its head has not moved although records wait, in milliseconds.
    let stuckMilliseconds: Int64
    let perSecond: Double
    let state: PartitionState
  }

  let sale: SaleID
  let name: String
  let status: SaleStatus
  let next: Next

  /// By this process's clock; and the look at the store that the numbers are of.
  let at: Timestamp
  let asOf: Timestamp

  /// What intakes accepted with 202, whether a lane has come to it or not: each intake tells once a second.
  let accepted: Flow
  /// What was not accepted, the most requests first.
  let refused: [Refusal]

  /// What lanes decided: first decisions, and records of orders that had theirs. While a partition stands still,
  /// nothing of it is here.
  let decided: Flow
  let repeats: Flow

  /// The last minute, ascending.
  let seconds: [Second]

  /// Records of the sale's partitions that wait, and how long they take at the rate of now; `nil`: not known.
  let backlog: Int64?
  let drainMilliseconds: Int64?

  /// Whether what is sold is paid for.
  let sellsByHolds: Bool
  let stock: [Stock]
  let recent: LiveReading.Recent?
  let room: RoomCounts?
  let admittedPerSecond: Double
  let partitions: [PartitionRow]
  let quarantined: Int64
  let alerts: [LiveAlert]

  /// How old the numbers are, in milliseconds.
  var ageMilliseconds: Int64 { max(0, at.microseconds(since: asOf) / 1_000) }

  var isStale: Bool { ageMilliseconds > Limits.liveFreshMilliseconds }
}
