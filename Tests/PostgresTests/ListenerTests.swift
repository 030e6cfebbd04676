@testable import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ListenerTests {
  @Test func `notifications arrive, also after the connection was lost, which is told`() async throws {
    try await Database.withSchema { settings in
      let owner = try await Connection.connect(settings, logger: Database.logger)
      let listener = try Listener(settings, channels: ["sale", "Odd \"name\""], logger: Database.logger)
      var events = listener.events.makeAsyncIterator()
      // Channels are shared by the whole database, so a payload tells whose it is.
      let mine = settings.applicationName ?? ""
      func next() async -> Listener.Event? {
        while let event = await events.next() {
          if case .notification(_, let payload) = event, !payload.hasPrefix(mine) { continue }
          return event
        }
        return nil
      }
      #expect(await next() == .connected)
      _ = try await owner.query("SELECT pg_notify('sale', $1), pg_notify('Odd \"name\"', $1)", mine)
      #expect(await next() == .notification(channel: "sale", payload: mine))
      #expect(await next() == .notification(channel: "Odd \"name\"", payload: mine))
      let ended = try await owner.query(
        """
        SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE application_name = current_setting('application_name') AND query LIKE 'LISTEN%'
        """)
      #expect(ended.count == 1)
      #expect(await next() == .reconnected)
      _ = try await owner.query("SELECT pg_notify('sale', $1 || '2')", mine)
      #expect(await next() == .notification(channel: "sale", payload: mine + "2"))
      await listener.stop()
      #expect(await next() == nil)
      await owner.close()
    }
  }

  @Test func `a reader that is too slow gets what fitted, and is told that it missed something`() async throws {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Listener.Event.self, bufferingPolicy: .bufferingOldest(Limits.listenerEvents))
    var loop = ListenerLoop(
      settings: try ConnectionSettings("postgres:///"), listen: "", logger: Database.logger, wakeUp: try WakeUp(),
      events: continuation)
    func event(_ n: Int) -> Listener.Event { .notification(channel: "sale", payload: "\(n)") }
    for n in 0..<Limits.listenerEvents + 10 { loop.tell(event(n)) }
    var events = stream.makeAsyncIterator()
    for n in 0..<Limits.listenerEvents { #expect(await events.next() == event(n)) }
    loop.tell(event(-1))
    #expect(await events.next() == .overflowed)
    #expect(await events.next() == event(-1))
  }

  @Test func `a listener whose server is away can be stopped`() async throws {
    let settings = try ConnectionSettings("postgres://127.0.0.1:1/none")
    let listener = try Listener(settings, channels: ["sale"], logger: Database.logger)
    await listener.stop()
    var events = listener.events.makeAsyncIterator()
    #expect(await events.next() == nil)
  }
}
