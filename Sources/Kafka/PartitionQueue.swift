internal import CRdkafka
public import LogPositions
internal import Logging
internal import Synchronization

/// The records of one assigned partition, in order, for one lane.
///
/// No wake-up is lost:
/// (1) librdkafka calls `wakeLane` under the queue's lock when an element arrives in an empty queue
///     (rdkafka_queue.h, `rd_kafka_q_enq1`, `rd_kafka_q_concat0`).
/// (2) `next` clears the wake-up, then drains, and waits only if it drained to empty (`WakeUp.firstValue`). What
///     arrived before the drain saw the queue empty was drained; what arrived after found it empty, so (1) signalled
///     after the clear, and the wait returns at once.
/// (3) A lane that took `max` and left some does not wait, and finds them with its next drain.
public final class PartitionQueue: Sendable {
  /// The partition's number.
  public let partition: Partition

  private let wakeUp: WakeUp
  private let logger: Logger
  private let state: Mutex<State>

  /// `@unchecked Sendable`: queues are thread-safe; the buffer is used only under the lock that this lives in.
  private struct State: @unchecked Sendable {
    /// `nil` once ended.
    var source: Source?
    /// Thrown by every further `next`: the partition cannot go on.
    var failure: KafkaError?
    /// The end of the log, seen behind the records that were given last.
    var end: Offset?
    var buffer: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?> = .init(start: nil, count: 0)
  }

  /// The librdkafka queue, and what it needs to live.
  private struct Source: @unchecked Sendable {
    let queue: OpaquePointer
    let handle: ClientHandle
    /// What `wakeLane` gets; retained for it until the callback is off.
    let wakeUp: Unmanaged<WakeUp>
  }

  enum Drained {
    case records(RecordBatch)
    /// The log ends here for now. Only with `enable.partition.eof`.
    case end(offset: Offset)
    case failed(KafkaError)
    case ended
  }

  /// Takes the partition's queue out of its client's common one.
  ///
  /// Must be made *before* the partition is started (assigned). In 2.0.2 and newer rd_kafka_queue_get_partition makes
  /// the partition *desired*, so that starting it later finds the same one (rdkafka_partition.c,
  /// `rd_kafka_toppar_get2`), and forwarding to NULL sets a flag that makes the start leave the forwarding alone
  /// (`rd_kafka_toppar_op_fetch_start`, `RD_KAFKA_Q_F_FWD_APP`). So no record can reach the common queue. Done after
  /// the start, the first ones could.
  init(topic: String, partition: Partition, of handle: ClientHandle, logger: Logger) throws(KafkaError) {
    guard let queue = rd_kafka_queue_get_partition(handle.pointer, topic, partition.rawValue) else {
      throw KafkaError(.other, detail: "no queue for partition \(partition)")
    }
    rd_kafka_queue_forward(queue, nil)
    let wakeUp = WakeUp()
    let retained = Unmanaged.passRetained(wakeUp)
    self.partition = partition
    self.wakeUp = wakeUp
    self.logger = logger
    state = Mutex(State(source: Source(queue: queue, handle: handle, wakeUp: retained)))
    Self.discardLeftovers(queue)
    rd_kafka_queue_cb_event_enable(queue, wakeLane, retained.toOpaque())
  }

  deinit {
    end()
  }

  /// The next records: waits until there is at least one, then takes what is there, up to `max`, without waiting.
  ///
  /// One task at a time. A record is given only once.
  ///
  /// - Parameter max: records at most; taken as 1 if less, and as `Limits.batchRecordsMax` if more.
  /// - Returns: `nil` once the partition was given back or the consumer closed, or when the task is cancelled.
  /// - Throws: `offsetOutOfRange` when the log does not have the next offset; `unknownTopic`, `authentication`, `other`
  ///   when the broker refuses the partition for good. Every further call throws it again: give the partition back.
  public func next(max: Int) async throws(KafkaError) -> RecordBatch? {
    while true {
      switch await nextOrEnd(max: max) {
      case .records(let batch): return batch
      case .failed(let error): throw error
      case .ended: return nil
      case .end: continue
      }
    }
  }

  /// Like `next`, without throwing.
  func nextOrEnd(max: Int) async -> Drained {
    await wakeUp.firstValue { drain(max: max) } ?? .ended
  }

  /// No more records: `next` returns `nil`. Idempotent.
  func end() {
    state.withLock { state in
      state.buffer.deallocate()
      state.buffer = .init(start: nil, count: 0)
      guard let source = state.source else { return }
      state.source = nil
      // Takes the queue's lock, under which the callback runs (rdkafka_queue.c, `rd_kafka_q_cb_event_enable`): when
      // this returns, no callback is running and none will come, so its reference can go.
      rd_kafka_queue_cb_event_enable(source.queue, nil, nil)
      source.wakeUp.release()
      // The queue goes before the client.
      withExtendedLifetime(source.handle) { rd_kafka_queue_destroy(source.queue) }
    }
    wakeUp.signal()
  }

  /// Makes every further `next` throw.
  func fail(_ error: KafkaError) {
    state.withLock { state in
      if state.failure == nil { state.failure = error }
    }
    wakeUp.signal()
  }

  /// Never waits: with a timeout of 0 rd_kafka_consume_batch_queue takes what is there. (With any other it waits until
  /// the batch is *full*.) The lock is shared only with `end`.
  ///
  /// - Returns: `nil` if there was nothing.
  private func drain(max: Int) -> Drained? {
    let size = min(Swift.max(max, 1), Limits.batchRecordsMax)
    return state.withLock { state in
      guard let source = state.source else { return .ended }
      if let failure = state.failure { return .failed(failure) }
      if let end = state.end.take() { return .end(offset: end) }
      if state.buffer.count < size {
        state.buffer.deallocate()
        state.buffer = .allocate(capacity: size)
        state.buffer.initialize(repeating: nil)
      }
      guard let buffer = state.buffer.baseAddress else { return nil }
      let taken = rd_kafka_consume_batch_queue(source.queue, 0, buffer, size)
      // -1 is an error of the arguments; nothing was taken.
      guard taken > 0 else { return nil }
      let sorted = sortOutErrors(buffer, count: taken)
      state.failure = sorted.failure
      if sorted.records > 0 {
        state.end = sorted.end
        return .records(RecordBatch(taking: buffer, count: sorted.records, of: source.handle))
      }
      if let failure = sorted.failure { return .failed(failure) }
      if let end = sorted.end { return .end(offset: end) }
      // Only passing errors. Look again rather than wait: the queue may not have been drained to empty.
      wakeUp.signal()
      return nil
    }
  }

  /// Empties the queue of a partition that is not started: an earlier assignment can have left errors there, which
  /// carry no version (rdkafka_offset.c, `rd_kafka_offset_reset`) and would be taken for those of the next.
  private static func discardLeftovers(_ queue: OpaquePointer) {
    var message: UnsafeMutablePointer<rd_kafka_message_t>?
    while rd_kafka_consume_batch_queue(queue, 0, &message, 1) > 0 {
      rd_kafka_message_destroy(message)
    }
  }

  /// Moves the records to the front and destroys the errors among them: "if … err is set, the message is an error".
  ///
  /// Once the partition cannot go on, nothing after that counts.
  private func sortOutErrors(
    _ buffer: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>, count: Int
  ) -> (records: Int, failure: KafkaError?, end: Offset?) {
    var records = 0
    var failure: KafkaError?
    var end: Offset?
    for index in 0..<count {
      guard let message = buffer[index] else { continue }
      if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR, failure == nil {
        buffer[records] = message
        records += 1
        continue
      }
      if message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
        end = Offset(message.pointee.offset)
      } else if failure == nil {
        let error = KafkaError(message.pointee.err, rd_kafka_message_errstr(message).map { String(cString: $0) })
        if error.isRetriable {
          logger.log(level: error.logLevel, "partition \(partition): \(error.debugDescription)")
        } else {
          failure = error
        }
      }
      rd_kafka_message_destroy(message)
    }
    return (records, failure, end)
  }
}

/// librdkafka's queue callback: "must not perform any pro-longed work …, or call any librdkafka APIs" (rdkafka.h).
private func wakeLane(client: OpaquePointer?, opaque: UnsafeMutableRawPointer?) {
  // The opaque is the `WakeUp` that `PartitionQueue.init` retained until the callback is off.
  guard let opaque else { return }
  Unmanaged<WakeUp>.fromOpaque(opaque).takeUnretainedValue().signal()
}
