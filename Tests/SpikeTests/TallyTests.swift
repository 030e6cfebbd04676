import Histogram
import NIOCore
import Testing

@testable import SpikeKit

struct TallyTests {
  private func flight(scheduled: Int64, sent: Int64) -> Flight {
    Flight(
      number: 0, scheduled: .uptimeNanoseconds(UInt64(scheduled) * 1_000_000),
      sent: .uptimeNanoseconds(UInt64(sent) * 1_000_000))
  }

  private func add(_ tally: inout Tally, _ status: Int, _ code: String, _ flight: Flight, answered: UInt64) {
    let code = Array(code.utf8)
    tally.add(status: status, code: code.span, flight, at: .uptimeNanoseconds(answered * 1_000_000))
  }

  @Test func `latency counts from the scheduled time, so a request that waited in the generator is not fast`() {
    var tally = Tally()
    add(&tally, 202, "", flight(scheduled: 10, sent: 510), answered: 511)
    #expect(tally.all.valueAtPercentile(50) / 1_000 == 501)
    #expect(tally.fromSent.valueAtPercentile(50) / 1_000 == 1)
  }

  @Test func `answers are told apart by status and code and merge over event loops`() {
    var (one, two) = (Tally(), Tally())
    let flight = flight(scheduled: 0, sent: 0)
    add(&one, 409, "sold_out", flight, answered: 1)
    add(&one, 409, "limit", flight, answered: 1)
    add(&two, 409, "limit", flight, answered: 1)
    add(&two, 202, "", flight, answered: 1)
    one.merge(two)
    let counts = one.kinds.map { "\($0.status) \(String(decoding: $0.code, as: UTF8.self)) \($0.count)" }
    #expect(counts == ["409 sold_out 1", "409 limit 2", "202  1"])
    #expect(one.all.totalCount == 4)
  }

  @Test func `a server that thinks up codes does not grow the tally`() {
    var tally = Tally()
    for number in 0..<1_000 { add(&tally, 500, "e\(number)", flight(scheduled: 0, sent: 0), answered: 1) }
    #expect(tally.kinds.count == Limits.answerKinds + 1)
    #expect(tally.kinds.reduce(0) { $0 + $1.count } == 1_000)
  }

  @Test func `a late request is the server's doing only if it had to wait for a connection`() {
    var lateness = Lateness()
    lateness.beginLook(at: .uptimeNanoseconds(5_000_000))
    lateness.sent(flight(scheduled: 0, sent: 5))
    lateness.endLook(isSaturated: true)
    #expect((lateness.generatorLate, lateness.waitedForConnection) == (1, 0))
    lateness.beginLook(at: .uptimeNanoseconds(90_000_000))
    lateness.sent(flight(scheduled: 6, sent: 90))
    lateness.endLook(isSaturated: false)
    #expect((lateness.generatorLate, lateness.waitedForConnection) == (1, 1))
    #expect(lateness.worstWait == .milliseconds(84))
    lateness.beginLook(at: .uptimeNanoseconds(99_000_000))
    lateness.sent(flight(scheduled: 91, sent: 99))
    #expect((lateness.generatorLate, lateness.waitedForConnection) == (2, 1))
  }
}
