import Logging
import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(1)))
struct SilenceTests {
  /// What is told at these times, in milliseconds, without a report but at those that are heard.
  private func told(at times: [Int], heard: Set<Int> = []) -> [Bool] {
    let begin = ContinuousClock.now
    var silence = ReportSilence(now: begin)
    return times.map { silence.isLong(heard: heard.contains($0), now: begin + .milliseconds($0)) }
  }

  @Test func `a silence is told when it has become long, and again for as long as it lasts`() {
    #expect(Limits.producerSilence == .seconds(1))
    #expect(told(at: [999, 1_000, 1_999, 2_000, 3_000]) == [false, true, false, true, true])
  }

  @Test func `a report ends a silence, and the next one counts from it`() {
    let answers = told(at: [900, 1_800, 1_900, 3_000, 3_900, 4_000], heard: [900, 3_000])
    #expect(answers == [false, false, true, false, false, true])
  }

  @Test func `what a producer sends in a silence is no report, and holds up no shutdown`() async throws {
    try await withBroker(brokers: 3) { broker, cluster in
      let reports = Reports()
      let lines = LogLines()
      var logger = lines.logger
      logger.logLevel = .debug
      let producer = try Producer(cluster: cluster, topic: topic, logger: logger, onReports: reports.handler)
      #expect(await producer.send(partition: 0, key: [], value: [1]).offset == 0)
      try broker.setRoundTrip(.seconds(60))
      for tag in 0..<20 { try producer.produce(value: "stuck", tag: UInt64(tag)) }
      for _ in 0..<2 { await lines.wait(for: "every broker is addressed") }
      #expect(reports.tags.isEmpty)
      let end = ContinuousClock.now
      #expect(await producer.shutdown(deadline: .milliseconds(300)) == 20)
      #expect(ContinuousClock.now - end < .seconds(2))
      #expect(reports.tags.sorted() == Array(0..<20))
    }
  }
}
