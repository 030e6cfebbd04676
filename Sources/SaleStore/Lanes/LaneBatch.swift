public import FlashSale

/// A record of the log, as a lane hands it to the store.
public struct LogEntry: Sendable {
  /// How a lane read a record.
  public enum Content: Sendable {
    case record(LogRecord)

    /// It can't be decoded: quarantined with this error.
    case unreadable(UnreadableRecord)

    /// A transaction that held it alone failed because of it: quarantined with this error.
    case poisonous(LogRecord, error: String)
  }

  public let offset: Offset
  public let content: Content

  /// Creates an entry.
  public init(offset: Offset, content: Content) {
    self.offset = offset
    self.content = content
  }

  /// What the record asks for, if it is to be decided.
  var record: LogRecord? {
    if case .record(let record) = content { record } else { nil }
  }
}

/// A record's bytes as they are in the log.
public struct RawRecord: Sendable, Hashable {
  public var key: [UInt8]?

  /// `nil`: a tombstone.
  public var value: [UInt8]?

  /// Creates a copy of a record.
  public init(key: [UInt8]?, value: [UInt8]?) {
    self.key = key
    self.value = value
  }
}

/// What a lane writes in one transaction.
public struct LaneBatch: Sendable {
  /// The lane's right to write. Its `nextOffset` does not count here, `entries` does.
  public var claim: Claim

  /// The records, and the decisions that are made already.
  public var prepared: PreparedBatch

  /// The fingerprint of the last of the records.
  public var lastRecord: RecordFingerprint

  /// The worker's clock.
  public var decidedAt: FlashSale.Timestamp

  /// The bytes of the records at these offsets. Asked for only if one is quarantined.
  public var raw: @Sendable (Set<Offset>) -> [Offset: RawRecord]

  /// Called when three quarters of the orders are sent, if they are many: from then on the lane's thread waits for a
  /// COMMIT, while PostgreSQL works.
  public var whenMostlySent: @Sendable () -> Void = {}

  /// Creates a batch.
  public init(
    claim: Claim, prepared: PreparedBatch, lastRecord: RecordFingerprint, decidedAt: FlashSale.Timestamp,
    raw: @escaping @Sendable (Set<Offset>) -> [Offset: RawRecord]
  ) {
    self.claim = claim
    self.prepared = prepared
    self.lastRecord = lastRecord
    self.decidedAt = decidedAt
    self.raw = raw
  }
}

/// The result of one record of a committed batch.
public enum EntryResult: Sendable, Hashable {
  case decided(Outcome, acceptedAt: FlashSale.Timestamp)
  case repeated
  case closed
  case quarantined
}

/// What a batch leaves behind once it is committed.
public struct WrittenBatch: Sendable {
  /// In the order of the entries.
  public let results: [EntryResult]

  /// The level of each stock that the batch names: the lane may remember it from here on.
  public let levels: [StockKey: LaneStock.Level]

  /// The stocks whose level changed.
  public let changed: Set<StockKey>

  /// The buyers who got units, if the sale has a limit.
  let winners: [LaneStock.Holder]

  /// The buyers who hold units of the sales that this batch is the first to name.
  let holders: [SaleNumber: KnownHolders.Holders]
}

/// The result of writing a batch. Unless it is `committed`, call `LaneMemory.forget`.
public enum WriteAnswer: Sendable {
  case committed(WrittenBatch)

  /// Someone else claimed the partition or moved it on. Nothing was changed (I7).
  case fenced

  /// What was loaded is no longer true: another lane decided one of the orders, or a level is not what this lane left.
  /// Nothing was changed; the next attempt decides again.
  case conflict(String)

  /// A record of the batch makes every attempt fail; the reason is in the server's words, data included. Nothing was
  /// changed.
  case poisoned(String)

  /// PostgreSQL could not do it now. Nothing was changed; the connection can be used.
  case unavailable(any Error)

  /// The connection is gone. The batch is committed or not; `reclaim` on another connection finds out.
  case connectionLost(any Error)
}
