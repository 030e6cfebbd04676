internal import Crypto
public import FlashSale
public import Kafka
public import Logging

/// The log in Kafka.
public struct KafkaLog: AuditLog {
  private let reader: LogReader

  /// A log that is not contacted yet. Throws `KafkaError` for a setting or topic name that is not valid.
  public init(cluster: ClusterSettings, topic: String, logger: Logger) throws(KafkaError) {
    reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
  }

  /// The bounds that the leader has now. Throws `KafkaError`.
  public func bounds(of partition: Partition) async throws -> Range<Offset> {
    let ends = try await reader.watermarks(partition: partition)
    return ends.low..<max(ends.low, ends.high)
  }

  /// Reads them with a client of their own. Throws `KafkaError`.
  public func records(
    of partition: Partition, in range: Range<Offset>, fingerprinting whole: Set<Offset>
  ) async throws -> [LoggedRecord] {
    var records: [LoggedRecord] = []
    records.reserveCapacity(Int(range.upperBound.rawValue - range.lowerBound.rawValue))
    try await reader.read(partition: partition, from: range.lowerBound, upTo: range.upperBound) { record in
      records.append(LoggedRecord(record, isWhole: whole.contains(record.offset)))
    }
    return records
  }
}

extension LoggedRecord {
  fileprivate init(_ record: borrowing ConsumedRecord, isWhole: Bool) {
    let content: Result<LogRecord, UnreadableRecord>
    do throws(UnreadableRecord) {
      content = .success(try LogRecord(decoding: record.value))
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
  fileprivate init(_ record: borrowing ConsumedRecord) {
    self.init(
      key: record.key.map(Self.hash), value: record.value.map(Self.hash),
      saleInKey: record.key.flatMap(RecordKey.sale(inKey:)))
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return Array(hash.finalize())
  }
}
