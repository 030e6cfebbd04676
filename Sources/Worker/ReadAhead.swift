internal import FlashSale
internal import Lane
internal import OrderLog

/// Takes records from a partition's queue and decodes them, on demand or while the ones before are written. In the
/// latter case it decides them too, upon what those will leave behind.
///
/// (1) One batch ahead at most, so that what a lane holds stays bounded (I11).
/// (2) Records that were read ahead are given first, so that the order stays the log's (I5).
struct ReadAhead {
  typealias Answer = Result<HeldRecords?, KafkaError>

  /// Where records come from; `nil` until the log is opened.
  let queue: OrderQueue?
  private var running: Task<Answer, Never>?
  private var start: AsyncStream<Never>.Continuation?

  init(_ queue: OrderQueue? = nil) { self.queue = queue }

  /// The next records, as `OrderQueue.next` gives them: `nil` at the queue's end or when the task is cancelled.
  mutating func next() async -> Answer {
    guard let task = running.take() else { return await Self.take(from: queue) }
    start?.finish()
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// Prepares to read what `next` will give, unless this is done already.
  ///
  /// - Parameter memory: of all records given so far, including those that are being written; `nil` if their result is
  ///   not known, and then nothing is decided ahead.
  /// - Returns: starts it, if `next` has not by then.
  mutating func schedule(upon memory: LaneMemory?) -> @Sendable () -> Void {
    if let start, running != nil { return { start.finish() } }
    let (started, start) = AsyncStream.makeStream(of: Never.self)
    self.start = start
    running = Task { [queue] in
      for await _ in started {}
      var answer = await Self.take(from: queue)
      if let memory, case .success(var held?) = answer {
        held.prepare(upon: memory)
        answer = .success(held)
      }
      return answer
    }
    return { start.finish() }
  }

  /// Gives back what was read ahead, unread. Nothing is taken from the queue after it.
  mutating func end() async {
    guard let task = running.take() else { return }
    task.cancel()
    _ = await task.value
  }

  private static func take(from queue: OrderQueue?) async -> Answer {
    guard let queue else { return .success(nil) }
    do throws(KafkaError) {
      return .success(try await queue.next(max: Lane.Limits.batchRecords).map(HeldRecords.init(_:)))
    } catch {
      return .failure(error)
    }
  }
}

extension HeldRecords {
  /// Decodes what librdkafka gave, and keeps hold of it.
  fileprivate init(_ batch: OrderBatch) {
    var entries: [LogEntry] = []
    entries.reserveCapacity(batch.count)
    batch.forEach { record in
      do throws(UnreadableRecord) {
        entries.append(LogEntry(offset: record.offset, content: .record(try record.decoded())))
      } catch {
        entries.append(LogEntry(offset: record.offset, content: .unreadable(error)))
      }
    }
    self.init(entries, from: Source(batch))
  }
}

extension HeldRecords.Source {
  fileprivate init(_ batch: OrderBatch) {
    self.init { offset in
      batch.fingerprint(at: offset)
    } raw: { offsets in
      var found: [Offset: RawRecord] = [:]
      batch.forEach { record in
        guard offsets.contains(record.offset) else { return }
        found[record.offset] = RawRecord(key: record.key.map { Array($0) }, value: record.value.map { Array($0) })
      }
      return found
    }
  }
}
