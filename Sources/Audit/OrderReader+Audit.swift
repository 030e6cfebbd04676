internal import Crypto
public import FlashSale
public import OrderLog

/// The log in Kafka.
extension OrderReader: AuditLog {
  /// The bounds that the leader has now. Throws `KafkaError`.
  public func bounds(of partition: Partition) async throws -> Range<Offset> {
    try await bounds(of: partition, timeout: OrderLog.Limits.answerPatience)
  }

  /// Reads them with a client of their own. Throws `KafkaError`.
  public func records(
    of partition: Partition, in range: Range<Offset>, fingerprinting whole: Set<Offset>
  ) async throws -> [LoggedRecord] {
    var records: [LoggedRecord] = []
    records.reserveCapacity(Int(range.upperBound.rawValue - range.lowerBound.rawValue))
    try await read(range, of: partition) { record in
      records.append(LoggedRecord(record, isWhole: whole.contains(record.offset)))
    }
    return records
  }
}

extension LoggedRecord {
  fileprivate init(_ record: borrowing LentRecord, isWhole: Bool) {
    let content: Result<LogRecord, UnreadableRecord>
    do throws(UnreadableRecord) {
      content = .success(try record.decoded())
    } catch {
      content = .failure(error)
    }
    var isReadable = false
    if case .success = content { isReadable = true }
    self.init(
      offset: record.offset, content: content, fingerprint: isReadable && !isWhole ? nil : Fingerprint(record))
  }
}

extension Fingerprint {
  fileprivate init(_ record: borrowing LentRecord) {
    self.init(
      key: record.key.map(Self.hash), value: record.value.map(Self.hash),
      saleInKey: record.saleInKey)
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return Array(hash.finalize())
  }
}
