internal import CRdkafka
public import LogPositions

/// The fate of one record.
public enum Delivery: Sendable {
  /// The record is in the log, on all replicas in sync, at this place.
  case persisted(LogPosition)
  /// The record is not in the log and will not be.
  case failed(KafkaError)
  /// The record may be in the log or not, now or later (I12).
  case unknown(KafkaError)
}

/// The fate of the record that was produced with `tag`. Every produced record gets exactly one report.
public struct DeliveryReport: Sendable {
  /// The caller's tag, as given to `Producer.produce`.
  public let tag: UInt64
  /// Its fate.
  public let delivery: Delivery
}

extension Delivery {
  /// Reads one message of a delivery report event.
  ///
  /// librdkafka's persistence status alone does not say whether a record *failed*. It calls a record not persisted as
  /// well when a broker answered `NOT_LEADER_FOR_PARTITION` or `KAFKA_STORAGE_ERROR` (rdkafka_request.c,
  /// `rd_kafka_err_action`), and that an Apache Kafka leader also answers after it appended the record and lost the
  /// partition while it waited for the replicas. A record that was sent, got such an answer and then ran out of time
  /// still says *not persisted*. So *failed* takes both: the status, and an error that a broker gives before it
  /// appends, or that librdkafka gives before it sends. A record that was given up (a timeout, a purge) is unknown.
  init(_ message: UnsafePointer<rd_kafka_message_t>) {
    let error = message.pointee.err
    if error == RD_KAFKA_RESP_ERR_NO_ERROR {
      self = .persisted(
        LogPosition(partition: Partition(message.pointee.partition), offset: Offset(message.pointee.offset)))
    } else if rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED, error.isRefusal {
      self = .failed(KafkaError(error))
    } else {
      self = .unknown(KafkaError(error))
    }
  }
}

extension rd_kafka_resp_err_t {
  /// Whether a broker gives this error only to records that it did not append.
  fileprivate var isRefusal: Bool {
    switch self {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
      RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, RD_KAFKA_RESP_ERR_INVALID_RECORD,
      RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS,
      RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
      RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE,
      // Before sending: the topic or partition is known not to exist.
      RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      true
    default:
      false
    }
  }
}
