import Testing
import Vitals

@testable import Telemetry

/// What is said of waits that last too long (I14).
@Suite struct WaitWatchTests {
  @Test func `that a wait is overdue is news once, and so is that it is over`() {
    let now = ContinuousClock.now
    let wait = Waits.Wait(.commit, who: "lane 3", since: now - .seconds(6))
    var ledger = WaitLedger()
    #expect(ledger.take(Overdue([], at: now)) == [])
    #expect(
      ledger.take(Overdue([wait], at: now)) == [.overdue("PostgreSQL has not confirmed a COMMIT for 6 s (lane 3)")])
    #expect(ledger.take(Overdue([wait], at: now + .seconds(1))) == [])
    #expect(ledger.take(Overdue([], at: now)) == [.over("PostgreSQL confirms COMMITs again")])
    #expect(ledger.take(Overdue([], at: now)) == [])
  }
}
