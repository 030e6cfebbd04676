package import Logging
package import Postgres

/// What other workers tell: one has come or goes, has given a partition back, or is ready to go on with one.
package final class LeaseFeed: Sendable {
  private let listener: Listener
  private let topic: String

  /// Starts to listen on a connection of its own, and reconnects whenever that is lost.
  ///
  /// Throws `PostgresError` only without file descriptors.
  package init(topic: String, settings: ConnectionSettings, logger: Logger) throws(PostgresError) {
    listener = try Listener(settings, channels: [LeaseSignal.channel], logger: logger)
    self.topic = topic
  }

  /// What they tell, for one reader; more than one can mean the same. Ends after `stop`.
  package var signals: some AsyncSequence<LeaseSignal, Never> & Sendable {
    listener.events.compactMap { [topic] event in
      // Whatever else comes says that something may have been missed.
      guard case .notification(_, let payload) = event else { return .changed }
      return LeaseSignal(payload: payload, topic: topic)
    }
  }

  /// Ends the signals and closes the connection.
  package func stop() async { await listener.stop() }
}
