internal import CRdkafka

extension KafkaError {
  /// - Parameter text: librdkafka's explanation where it gave one that says more than the code.
  init(_ error: rd_kafka_resp_err_t, _ text: String? = nil, subject: String? = nil) {
    let name = String(cString: rd_kafka_err2name(error))
    let text = text ?? String(cString: rd_kafka_err2str(error))
    self.init(Code(error), subject: subject, detail: "\(name): \(text)")
  }

  /// Why a query got no answer. A query goes to any broker that can be had, so one that broke off for want of a
  /// connection says that there is none.
  init(unanswered error: rd_kafka_resp_err_t) {
    let failure = KafkaError(error)
    self = failure.code == .connectionLost ? KafkaError(.brokersUnavailable, detail: failure.detail) : failure
  }

  /// Takes over `error` and destroys it: "the returned error must be destroyed with rd_kafka_error_destroy()".
  init(consuming error: OpaquePointer) {
    self.init(rd_kafka_error_code(error), String(cString: rd_kafka_error_string(error)))
    rd_kafka_error_destroy(error)
  }
}

extension KafkaError.Code {
  init(_ error: rd_kafka_resp_err_t) {
    self =
      switch error {
      case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        .queueFull
      case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
        .brokersUnavailable
      case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
        .connectionLost
      case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
        RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_NOT_CONTROLLER, RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND,
        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
        .leaderMoved
      case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
        .timedOut
      case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
        .notEnoughReplicas
      case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        .unknownTopic
      case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,
        RD_KAFKA_RESP_ERR__NO_OFFSET:
        .offsetOutOfRange
      case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
        RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
        .messageTooLarge
      case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL,
        RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_SECURITY_DISABLED, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
        RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
        .authentication
      case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED,
        RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
        .unsupported
      case RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR_INVALID_CONFIG,
        RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, RD_KAFKA_RESP_ERR_INVALID_PARTITIONS,
        RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        .configuration
      case RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__FENCED:
        .fatal
      case RD_KAFKA_RESP_ERR__DESTROY, RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
        .closed
      default:
        .other
      }
  }
}
