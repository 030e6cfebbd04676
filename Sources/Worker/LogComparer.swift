internal import FlashSale
internal import Kafka
internal import Lane
internal import Logging

/// Reads what a comparison with a known log asks for.
struct LogComparer: Sendable {
  private let reader: LogReader

  /// Throws `KafkaError` with `.configuration` for settings that are not valid. Contacts nothing.
  init(topic: String, cluster: ClusterSettings, logger: Logger) throws(KafkaError) {
    reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
  }

  /// Why the log is another one than it was; `nil` if it is the same, or if that is not known.
  ///
  /// - Parameter low: the log's first offset.
  func whatChanged(_ partition: Partition, _ known: KnownLog, low: Offset) async throws -> String? {
    guard let offset = known.offsetToCompare(low: low) else { return nil }
    var found: RecordFingerprint?
    try await reader.read(partition: partition.rawValue, from: offset.rawValue, upTo: offset.next.rawValue) { record in
      if record.offset == offset.rawValue { found = RecordFingerprint(of: record.value) }
    }
    return known.whatChanged(found: found)
  }
}
