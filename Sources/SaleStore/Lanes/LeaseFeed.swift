package import Logging
package import Postgres

/// Wakes a worker when another has come or goes, or has given a partition back.
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

  /// Wake-ups, for one reader; more than one can mean the same. Ends after `stop`.
  package var wakeUps: some AsyncSequence<Void, Never> & Sendable {
    listener.events.compactMap { [topic] event in
      if case .notification(_, let payload) = event, payload != topic { return nil }
      return ()
    }
  }

  /// Ends the wake-ups and closes the connection.
  package func stop() async { await listener.stop() }
}
