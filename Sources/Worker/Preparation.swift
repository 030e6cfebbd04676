internal import FlashSale
internal import Lane
internal import Logging
internal import SaleStore

/// A connection for a lane, made before its partition is free, so that the partition need not wait for it.
struct Preparation: Sendable {
  /// The connection's and its lane's.
  let thread: StoreThread
  private let connecting: Task<LaneStore, any Error>

  /// Begins to connect.
  ///
  /// - Parameter isAhead: another worker still has the partition. So there is time to rehearse what the lane will do
  ///   first, and then that worker is told that it can give the partition up.
  init(_ context: LaneContext, of partition: Partition, isAhead: Bool) {
    let thread = StoreThread(label: "lane \(partition)")
    self.thread = thread
    connecting = Task(executorPreference: thread.taskExecutor) {
      let store = try await LaneStore.connect(context.database, on: thread, logger: context.logger)
      guard isAhead else { return store }
      let topic = context.configuration.topic
      do {
        try await store.rehearse(topic: topic, partition: partition)
        try await store.tellReady(context.worker, topic: topic, partition: partition)
        return store
      } catch {
        await store.close()
        throw error
      }
    }
  }

  /// The connection, the caller's from here on. Throws why there is none.
  func store() async throws -> LaneStore { try await connecting.value }

  /// Closes it: nobody takes it.
  func dismiss() {
    Task { try? await connecting.value.close() }
  }
}
