public import Logging
public import Postgres

/// Receives what lanes and admin broadcast.
public final class SignalFeed: Sendable {
  /// What it tells.
  public enum Event: Sendable, Equatable {
    /// A lane committed.
    case signal(Signal)
    /// A sale was created or closed.
    case catalogChanged
    /// It listens from now on, for the first time or again, or its reader was too slow: something may have been missed,
    /// so look at the store.
    case gap
  }

  private let listener: Listener
  private let topic: String

  /// Starts to listen on a connection of its own, and reconnects whenever that is lost.
  ///
  /// Throws `PostgresError` only without file descriptors.
  public init(topic: String, settings: DatabaseSettings, logger: Logger) throws(PostgresError) {
    listener = try Listener(settings, channels: [Signal.channel, CatalogSignal.channel], logger: logger)
    self.topic = topic
  }

  /// All events, for one reader. Ends after `stop`.
  public var events: some AsyncSequence<Event, Never> & Sendable {
    listener.events.compactMap { [topic] event in
      switch event {
      case .notification("\(Signal.channel)", let payload): Signal(payload: payload, topic: topic).map(Event.signal)
      case .notification: .catalogChanged
      case .connected, .reconnected, .overflowed: .gap
      }
    }
  }

  /// Ends the events and closes the connection.
  public func stop() async { await listener.stop() }
}
