package import FlashSale

/// A record of the log, as a lane hands it to the store.
package struct LogEntry: Sendable {
  /// How a lane read a record.
  package enum Content: Sendable {
    case record(LogRecord)

    /// It can't be decoded: quarantined with this error.
    case unreadable(UnreadableRecord)

    /// A transaction that held it alone failed because of it: quarantined with this error.
    case poisonous(LogRecord, error: String)
  }

  package let offset: Offset
  package let content: Content

  /// Creates an entry.
  package init(offset: Offset, content: Content) {
    self.offset = offset
    self.content = content
  }

  /// What the record asks for, if it is to be decided.
  package var record: LogRecord? {
    if case .record(let record) = content { record } else { nil }
  }
}

/// A record's bytes as they are in the log.
package struct RawRecord: Sendable, Hashable {
  package var key: [UInt8]?

  /// `nil`: a tombstone.
  package var value: [UInt8]?

  /// Creates a copy of a record.
  package init(key: [UInt8]?, value: [UInt8]?) {
    self.key = key
    self.value = value
  }
}
