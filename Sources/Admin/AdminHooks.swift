public import FlashSale
public import SaleStore

/// What admin cannot do itself, because it knows neither the log nor the other parts. The wiring provides it.
public struct AdminHooks: Sendable {
  /// Writes one `close` record per item of the sale into the log; returns when all are durable. Throws if any may not
  /// be; repeating is safe.
  public var publishClose: @Sendable (StoredSale) async throws -> Void

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

  /// Collects the hooks.
  public init(
    publishClose: @escaping @Sendable (StoredSale) async throws -> Void,
    countTail: @escaping @Sendable (StoredSale, [Partition: Offset]) async throws -> Int64,
    logEnds: @escaping @Sendable () async throws -> [Partition: Offset],
    changeRoom: @escaping @Sendable (RoomRecord) async throws -> Void = { _ in },
    writeCommands: @escaping @Sendable ([(command: LogRecord, key: RecordKey)]) async throws -> [LogPosition]
  ) {
    self.publishClose = publishClose
    self.countTail = countTail
    self.logEnds = logEnds
    self.changeRoom = changeRoom
    self.writeCommands = writeCommands
  }
}
