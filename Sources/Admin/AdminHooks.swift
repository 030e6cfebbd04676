public import FlashSale
public import SaleStore

/// What admin cannot do itself, because it knows neither the log nor the other parts. The wiring provides it.
public struct AdminHooks: Sendable {
  /// Counts the requests of the sale in the log, from each partition's offset (0 where it is missing) to the log's end.
  /// Throws if the log cannot be read.
  public var countTail: @Sendable (StoredSale, [Partition: Offset]) async throws -> Int64

  /// The end of each partition's log: the offset that its next record will get. Throws if the log cannot be asked.
  public var logEnds: @Sendable () async throws -> [Partition: Offset]

  /// Writes a record into the waiting rooms' topic; returns when it is durable. Throws if it may not be; repeating is
  /// safe.
  public var changeRoom: @Sendable (RoomRecord) async throws -> Void

  /// Writes commands into the log, each under its key; returns their places when all are durable. Throws if any may not
  /// be: it may take effect, now or later.
  public var writeCommands: @Sendable ([(command: LogRecord, key: RecordKey)]) async throws -> [LogPosition]

  /// How many stand in a sale's waiting room; `nil` while that is not known.
  public var room: @Sendable (SaleNumber) async -> RoomCounts?

  /// Sends a test to an endpoint of webhooks, and tells what came of it.
  public var pingWebhook: @Sendable (WebhookEndpoint) async throws -> WebhookPing

  /// The order that is placed at a place of the log; `nil`: there is no such record, or it places none. Throws if the
  /// log cannot be read.
  public var orderAt: @Sendable (LogPosition) async throws -> OrderID?

  /// Writes a record as it is into a partition; returns its place when it is durable. Throws if it may not be.
  public var requeue: @Sendable (Partition, _ key: [UInt8], _ value: [UInt8]) async throws -> LogPosition

  /// Decides the log again and compares it with the store; tells how far it is. Throws if it cannot be carried through.
  public var audit: @Sendable (@escaping @Sendable (AuditStep) -> Void) async throws -> AuditVerdict

  /// Collects the hooks.
  public init(
    countTail: @escaping @Sendable (StoredSale, [Partition: Offset]) async throws -> Int64,
    logEnds: @escaping @Sendable () async throws -> [Partition: Offset],
    changeRoom: @escaping @Sendable (RoomRecord) async throws -> Void = { _ in },
    room: @escaping @Sendable (SaleNumber) async -> RoomCounts? = { _ in nil },
    writeCommands: @escaping @Sendable ([(command: LogRecord, key: RecordKey)]) async throws -> [LogPosition],
    orderAt: @escaping @Sendable (LogPosition) async throws -> OrderID? = { _ in nil },
    requeue: @escaping @Sendable (Partition, _ key: [UInt8], _ value: [UInt8]) async throws -> LogPosition = {
      _, _, _ in throw Unserved()
    },
    audit: @escaping @Sendable (@escaping @Sendable (AuditStep) -> Void) async throws -> AuditVerdict = { _ in
      throw Unserved()
    },
    pingWebhook: @escaping @Sendable (WebhookEndpoint) async throws -> WebhookPing = { _ in
      WebhookPing(isDelivered: false, status: nil, detail: "this process sends no webhooks")
    }
  ) {
    self.countTail = countTail
    self.logEnds = logEnds
    self.changeRoom = changeRoom
    self.room = room
    self.writeCommands = writeCommands
    self.orderAt = orderAt
    self.requeue = requeue
    self.audit = audit
    self.pingWebhook = pingWebhook
  }
}

/// This process does not do that.
public struct Unserved: Error, CustomStringConvertible {
  /// For people.
  public let description = "this process does not do that"

  /// Says so.
  public init() {}
}

/// What came of a test of an endpoint.
public struct WebhookPing: Sendable, Encodable {
  let isDelivered: Bool

  /// What it answered; `nil`: nothing.
  let status: Int?

  /// For people.
  let detail: String

  private enum CodingKeys: String, CodingKey {
    case isDelivered = "delivered"
    case status, detail
  }

  /// Tells it.
  public init(isDelivered: Bool, status: Int?, detail: String) {
    self.isDelivered = isDelivered
    self.status = status
    self.detail = detail
  }

  /// Every field is there, `null` where it has no value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isDelivered, forKey: .isDelivered)
    try container.encode(status, forKey: .status)
    try container.encode(detail, forKey: .detail)
  }
}
