import Postgres

/// The thread of a lane's connection to the store, or of a sender's, on which its task can run as well.
public struct StoreThread: Sendable {
  let executor: ConnectionExecutor

  /// A thread, which comes with its first work.
  ///
  /// - Parameter label: what a debugger shows.
  public init(label: String) { executor = ConnectionExecutor(label: label) }

  /// For `Task(executorPreference:)`.
  public var taskExecutor: any TaskExecutor { executor }
}
