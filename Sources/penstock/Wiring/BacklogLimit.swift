import FlashSale
import Intake
import Kafka

/// How many records of a partition may wait for their decision: what intake enforces (I11).
///
/// A broker deletes old records even if they are not decided. The limit keeps the backlog smaller than what the topic
/// is sure to keep, so that no accepted record is deleted undecided.
enum BacklogLimit {
  /// The most bytes that one record takes in the log: its key and value at their longest, 20 bytes of the record's own
  /// lengths and deltas, and the 61 bytes of a batch's header in case the batch has no other record
  /// (Kafka's record batch format, version 2). Not compressed, because the worst case does not compress.
  static let bytesPerRecord = FlashSale.Limits.recordBytes + FlashSale.Limits.recordKeyBytes + 20 + 61

  /// Records of waiting rooms that the embedded broker keeps for sure: a join or a sign of life has at most 110 bytes
  /// besides the batch's header, or is one for many.
  static let embeddedRoomRecords = EmbeddedBroker.Retention.bytesPerPartition / (110 + 61) / 2
  /// The same of a record without limit subjects.
  static let bytesPerPlainRecord = bytesPerRecord - FlashSale.Limits.recordBytes + FlashSale.Limits.plainRecordBytes

  /// The limit for a topic: the configured one, or `Intake.Limits.backlog` as far as the topic retains that much.
  ///
  /// Throws `ConfigurationError` if more was configured than the topic is sure to retain.
  static func of(_ topic: TopicDescription, configured: Int?) throws -> Int {
    let retained = retainedRecords(of: topic)
    guard let configured else { return min(Int(Intake.Limits.backlog), retained ?? .max) }
    if let retained, configured > retained {
      throw ConfigurationError(problems: [
        """
        \(Variable.backlogLimit.rawValue) is \(configured), but topic \(topic.name) is only sure to keep \(retained) \
        records per partition; raise its retention.bytes, or lower the limit
        """
      ])
    }
    return configured
  }

  /// Records that each partition keeps at least; `nil` where it keeps them by time only.
  private static func retainedRecords(of topic: TopicDescription) -> Int? {
    // That broker keeps nothing for good. So its limit is that of records without limit subjects, which it would
    // otherwise halve; only names at their longest fill its log sooner.
    if topic.isEmbedded { return EmbeddedBroker.Retention.bytesPerPartition / bytesPerPlainRecord }
    // Kafka deletes a segment only while what is left is no smaller than retention.bytes; -1 is no limit.
    guard let text = topic.config?["retention.bytes"], let bytes = Int(text), bytes >= 0 else { return nil }
    return max(1, bytes / bytesPerRecord)
  }
}
