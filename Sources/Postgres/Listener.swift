internal import Dispatch
public import Logging
internal import Time

/// Receives notifications (LISTEN) on a connection of its own, and reconnects when it is lost.
///
/// PostgreSQL keeps no notification for an absent listener. So after `.connected`, `.reconnected` and `.overflowed` a
/// reader must read the tables itself; notifications only tell when to read again.
public final class Listener: Sendable {
  /// What a listener tells.
  public enum Event: Sendable, Equatable {
    /// It listens, for the first time.
    case connected
    /// It listens again after the connection was lost; notifications may have been missed.
    case reconnected
    /// A notification.
    case notification(channel: String, payload: String)
    /// The reader was slower than the notifications, and some were dropped.
    case overflowed
  }

  /// All events, for one reader. Ends after `stop`; a reader that stops reading stops the listener.
  public let events: AsyncStream<Event>

  private let wakeUp: WakeUp
  private let running = DispatchGroup()

  /// Starts to connect and to listen to the channels. Throws `.connect` only without file descriptors; a server that
  /// cannot be reached is tried again for ever, with growing pauses.
  public init(_ settings: ConnectionSettings, channels: [StaticString], logger: Logger) throws(PostgresError) {
    let wakeUp = try WakeUp()
    let (events, continuation) = AsyncStream.makeStream(
      of: Event.self, bufferingPolicy: .bufferingOldest(Limits.listenerEvents))
    continuation.onTermination = { _ in wakeUp.signal() }
    self.wakeUp = wakeUp
    self.events = events
    let statements = channels.map { "LISTEN \"\("\($0)".replacing("\"", with: "\"\""))\"" }
    // A queue without a target has a thread for as long as the loop runs.
    DispatchQueue(label: "postgres listener").async(group: running) {
      var loop = ListenerLoop(
        settings: settings, listen: statements.joined(separator: ";"), logger: logger, wakeUp: wakeUp,
        events: continuation)
      loop.run()
    }
  }

  deinit { wakeUp.signal() }

  /// Ends the events and closes the connection; returns when that is done, which can take `connectTimeout` if it is
  /// just connecting.
  public func stop() async {
    wakeUp.signal()
    await withCheckedContinuation { continuation in
      running.notify(queue: .global()) { continuation.resume() }
    }
  }
}

/// What runs on the listener's thread.
struct ListenerLoop {
  let settings: ConnectionSettings
  let listen: String
  let logger: Logger
  let wakeUp: WakeUp
  let events: AsyncStream<Listener.Event>.Continuation
  private var backoff = Backoff(within: Limits.reconnectPause)
  private var wasConnected = false
  private var hasOverflowed = false

  init(
    settings: ConnectionSettings, listen: String, logger: Logger, wakeUp: WakeUp,
    events: AsyncStream<Listener.Event>.Continuation
  ) {
    self.settings = settings
    self.listen = listen
    self.logger = logger
    self.wakeUp = wakeUp
    self.events = events
  }

  /// Connects, listens, and again, until stopped.
  mutating func run() {
    defer { events.finish() }
    repeat {
      do throws(PostgresError) {
        let session = try Session(settings, for: "notifications", logger: logger)
        try session.script(listen)
        backoff.reset()
        tell(wasConnected ? .reconnected : .connected)
        wasConnected = true
        return try receive(from: session)
      } catch {
        logger.warning("listening for notifications was interrupted", metadata: ["error": "\(error.reason)"])
      }
    } while !wakeUp.wait(for: -1, timeout: backoff.next())
  }

  /// Passes notifications on; returns when stopped, throws when the connection is lost.
  private mutating func receive(from session: Session) throws(PostgresError) {
    while true {
      for (channel, payload) in try session.notifications() { tell(.notification(channel: channel, payload: payload)) }
      let timeout = hasOverflowed ? Limits.listenerOverflowRetry : nil
      if wakeUp.wait(for: session.socket, timeout: timeout) { return }
      if hasOverflowed { tellOverflow() }
    }
  }

  /// An event that finds no room is dropped, and an overflow is told before any later one.
  mutating func tell(_ event: Listener.Event) {
    if hasOverflowed { tellOverflow() }
    if !hasOverflowed, case .dropped = events.yield(event) { hasOverflowed = true }
  }

  private mutating func tellOverflow() {
    if case .enqueued = events.yield(.overflowed) { hasOverflowed = false }
  }
}
