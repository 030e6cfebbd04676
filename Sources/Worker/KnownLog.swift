internal import FlashSale
internal import Kafka
internal import Logging

/// Tells whether the log is the one that a partition was decided from so far, by the last record that had its effect.
///
/// Offsets alone do not tell: a topic that was made again, or a log that lost its end, grows past the old progress, and
/// its next record looks like any other.
struct KnownLog: Sendable {
  private let reader: LogReader

  /// Throws `KafkaError` with `.configuration` for settings that are not valid. Contacts nothing.
  init(topic: String, cluster: ClusterSettings, logger: Logger) throws(KafkaError) {
    reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
  }

  /// Why the log is another one than it was; `nil` if it is the same, or if that is not known: nothing was decided yet,
  /// or the record is gone by retention.
  ///
  /// - Parameter low: the log's first offset.
  func whatChanged(
    _ partition: Partition, before next: Offset, lastRecord: RecordFingerprint?, low: Int64
  ) async throws -> String? {
    let offset = next.rawValue - 1
    guard let lastRecord, offset >= low else { return nil }
    var found: RecordFingerprint?
    try await reader.read(partition: partition.rawValue, from: offset, upTo: next.rawValue) { record in
      if record.offset == offset { found = RecordFingerprint(of: record.value) }
    }
    guard found != lastRecord else { return nil }
    return "the topic was recreated, or has lost its end: the record at offset \(offset) is not the one decided there"
  }
}
