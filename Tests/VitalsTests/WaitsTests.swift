import Testing
import Vitals

/// Whatever waits too long says so itself (I14).
@Suite struct WaitsTests {
  private let waits = Waits()

  @Test func `a wait within its time is no complaint, and one beyond it is named with who waits and how long`() {
    let begun = waits.begin(.commit, who: "lane 3")
    let since = waits.current[0].since
    #expect(waits.complaints(at: since + Waits.Kind.commit.longest) == [])
    #expect(
      waits.complaints(at: since + .seconds(7)) == ["PostgreSQL has not confirmed a COMMIT for 7 s (lane 3)"])
    waits.end(begun)
    #expect(waits.complaints(at: since + .seconds(7)) == [])
  }

  @Test func `what is waited for is noted while it lasts, also when it throws`() async {
    struct Failure: Error {}
    waits.during(.statement, who: "a") { #expect(waits.current.map(\.kind) == [.statement]) }
    await #expect(throws: Failure.self) {
      try await waits.during(.delivery, who: "b") {
        await Task.yield()
        #expect(waits.current.map(\.who) == ["b"])
        throw Failure()
      }
    }
    #expect(waits.current.isEmpty)
  }

  @Test func `many who wait for the same are one clause, and a long list is cut`() {
    let now = ContinuousClock.now
    let current = (1...6).map { Waits.Wait(.statement, who: "lane \($0)", since: now - .seconds(10)) }
    let other = Waits.Wait(.connect, who: "lane 1", since: now - .seconds(12))
    #expect(
      Overdue([other] + current, at: now).clauses == [
        "PostgreSQL has not taken a connection for 12 s (lane 1)",
        "PostgreSQL has not answered a statement for 10 s (lane 1, lane 2, lane 3, lane 4 and 2 more)",
      ])
  }

  @Test func `what a probe tells is a wait like any other`() {
    let since = ContinuousClock.now - .seconds(20)
    waits.add { [Waits.Wait(.decision, who: "partition 3", since: since)] }
    #expect(waits.complaints() == ["records wait and none was decided for 20 s (partition 3)"])
  }

  @Test func `patience ends before what cannot be made to end`() async throws {
    let (forever, continuation) = AsyncStream.makeStream(of: Int.self)
    #expect(try await Patience.value(atMost: .milliseconds(20)) { await forever.first { _ in true } } == nil)
    continuation.yield(1)
    #expect(try await Patience.value(atMost: .seconds(60)) { 7 } == 7)
  }

  @Test(.timeLimit(.minutes(10)))
  func `patience ends with its caller, where that is wanted`() async throws {
    let (never, continuation) = AsyncStream.makeStream(of: Int.self)
    let waiting = Task {
      try await Patience.value(atMost: .seconds(86_400), endsWithCaller: true) { await never.first { _ in true } }
    }
    waiting.cancel()
    #expect(try await waiting.value == nil)
    continuation.finish()
  }
}
