internal import LogPositions
internal import Synchronization

/// What the callers and the thread of a consumer share: a mailbox, and the client until it closes.
final class ConsumerCore: Sendable {
  enum Command: Sendable {
    case start(Partition, at: Offset, reply: @Sendable (Result<PartitionQueue, KafkaError>) -> Void)
    case stop(PartitionQueue, onDone: @Sendable () -> Void)
    case close(deadline: ContinuousClock.Instant, onDone: @Sendable () -> Void)

    /// The answer of a consumer that has closed.
    func refuse() {
      switch self {
      case .start(_, _, let reply): reply(.failure(KafkaError(.closed)))
      case .stop(_, let onDone), .close(_, let onDone): onDone()
      }
    }
  }

  private struct State {
    var client: ConsumerClient?
    var commands: [Command] = []
    /// The last offset per partition that is not yet committed for lag tools.
    var progress: [Partition: Offset] = [:]
  }

  private let state: Mutex<State>

  init(_ client: ConsumerClient) {
    state = Mutex(State(client: client))
  }

  /// `nil` once closed.
  var client: ConsumerClient? {
    state.withLock { $0.client }
  }

  /// Every command is answered: by the thread, or at once when the consumer has closed.
  func submit(_ command: Command) {
    let client = state.withLock { state in
      if state.client != nil { state.commands.append(command) }
      return state.client
    }
    guard let client else { return command.refuse() }
    client.wakeThread()
  }

  func noteProgress(_ offsets: [Partition: Offset]) {
    state.withLock { state in
      guard state.client != nil else { return }
      state.progress.merge(offsets) { _, new in new }
    }
  }

  // MARK: For the consumer's thread

  func takeCommands() -> [Command] {
    state.withLock { state in
      defer { state.commands = [] }
      return state.commands
    }
  }

  func takeProgress() -> [Partition: Offset] {
    state.withLock { state in
      defer { state.progress = [:] }
      return state.progress
    }
  }

  /// - Returns: commands that came too late.
  func closed() -> [Command] {
    state.withLock { state in
      state.client = nil
      state.progress = [:]
      defer { state.commands = [] }
      return state.commands
    }
  }
}
