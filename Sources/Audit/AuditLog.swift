public import FlashSale
internal import SaleStore

/// The log as an audit reads it: in stretches, one after another.
public protocol AuditLog: Sendable {
  /// The offsets that the partition has: from its first record to the one that its next record will get.
  func bounds(of partition: Partition) async throws -> Range<Offset>

  /// The records of a stretch within the bounds, by offset.
  ///
  /// - Parameter whole: records that carry a fingerprint even if they can be read. Others have one if they can't.
  func records(
    of partition: Partition, in range: Range<Offset>, fingerprinting whole: Set<Offset>
  ) async throws -> [LoggedRecord]
}

extension AuditLog {
  /// Whether the last decided record is another one in this log; `false` if it is not known, or not there any more.
  func isAnother(than progress: PartitionProgress?, within bounds: Range<Offset>) async throws -> Bool {
    guard let progress, let expected = progress.lastRecord else { return false }
    let last = Offset(progress.nextOffset.rawValue - 1)
    guard bounds.contains(last) else { return false }
    let found = try await records(
      of: progress.partition, in: last..<progress.nextOffset, fingerprinting: [last]
    ).first?.fingerprint
    return found?.record != expected
  }
}

/// A record of the log.
public struct LoggedRecord: Sendable {
  public let offset: Offset
  public let content: Result<LogRecord, UnreadableRecord>
  public let fingerprint: Fingerprint?

  /// Creates a record.
  public init(offset: Offset, content: Result<LogRecord, UnreadableRecord>, fingerprint: Fingerprint? = nil) {
    self.offset = offset
    self.content = content
    self.fingerprint = fingerprint
  }
}

/// A record's bytes by their SHA-256, to be compared with those in quarantine: a record can be as large as the broker
/// takes, so its bytes are not kept.
public struct Fingerprint: Sendable, Hashable {
  /// `nil`: the record has no key.
  public let key: [UInt8]?

  /// `nil`: the record has no value.
  public let value: [UInt8]?

  /// The sale that the key names.
  public let saleInKey: SaleID?

  /// The same of the value only, as progress has it.
  var record: RecordFingerprint { value.map(RecordFingerprint.init(sha256:)) ?? RecordFingerprint(of: nil) }

  /// Creates a fingerprint.
  public init(key: [UInt8]?, value: [UInt8]?, saleInKey: SaleID?) {
    self.key = key
    self.value = value
    self.saleInKey = saleInKey
  }
}
