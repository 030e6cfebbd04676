public import Kafka

/// Of the records that were to be written as a whole, some are not in the log, or nobody knows (I12).
public struct Unwritten: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  /// How many were to be written.
  public let records: Int

  /// How many are not in the log and will not be.
  public let failed: Int

  /// How many may be in the log or not, now or later.
  public let unknown: Int

  /// What became of the first one that is not known to be in the log.
  public let cause: KafkaError

  /// `nil` if all are in the log.
  init?(_ deliveries: [Delivery]) {
    var (failed, unknown, cause) = (0, 0, KafkaError?.none)
    for delivery in deliveries {
      switch delivery {
      case .persisted: continue
      case .failed(let error):
        failed += 1
        cause = cause ?? error
      case .unknown(let error):
        unknown += 1
        cause = cause ?? error
      }
    }
    guard let cause else { return nil }
    (records, self.failed, self.unknown, self.cause) = (deliveries.count, failed, unknown, cause)
  }

  /// One record, of which nothing is known.
  init(nothing cause: KafkaError) { (records, failed, unknown, self.cause) = (1, 0, 1, cause) }

  /// One sentence, safe to show a stranger.
  public var description: String { "\(counts): \(cause.description)" }

  /// The sentence with librdkafka's name and text. For logs, not for strangers.
  public var debugDescription: String { "\(counts): \(cause.debugDescription)" }

  private var counts: String { "of \(records) records, \(failed) are not in the log and \(unknown) may be or not" }
}
