import FlashSale
import Kafka
import Postgres
import SaleStore
import TestSupport
import Testing
import Vitals
import Worker

/// A worker whose work stands still says so (I14).
@Suite struct StandstillTests {
  @Test(.timeLimit(.minutes(5)))
  func `a worker whose broker is silent says that the log does not answer, and is ready again with it`() async throws {
    try await LogBench.with(partitions: 2) { bench in
      let port = try #require(bench.broker.bootstrapServers.split(separator: ":").last.flatMap { UInt16($0) })
      let line = try FaultyLine(to: port, speech: .kafka)
      let worker = try bench.startWorker(on: ClusterSettings(brokers: "127.0.0.1:\(line.port)"))
      #expect(try await eventually(within: .seconds(20)) { worker.status.isReady })
      line.hold([.toClient])
      #expect(
        try await eventually(within: .seconds(30)) {
          worker.status.reasons.contains { $0.hasPrefix("the log has not answered a query for") }
        })
      line.hold([])
      #expect(try await eventually(within: .seconds(30)) { worker.status.isReady })
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a lane whose statement PostgreSQL does not answer is named, until the answer comes`() async throws {
    try await LaneBench.with { bench in
      let waits = Waits()
      let (line, url) = try FaultyLine.toPostgres(at: bench.database.url)
      let settings = try ConnectionSettings(url).named("a lane", noting: waits)
      let lane = try await LaneStore.connect(settings, on: StoreThread(label: "lane 0"), logger: quietLogger)
      let claim = try await bench.claim(on: lane)
      #expect(waits.current.isEmpty)
      line.hold([.toClient])
      let entries = try [bench.place(0)]
      let batch = bench.batch(claim, entries)
      async let answer = lane.write(batch)
      #expect(
        try await eventually(within: .seconds(15)) {
          waits.complaints().contains { $0.contains("PostgreSQL has not") && $0.contains("lane 0") }
        })
      line.hold([])
      _ = try committed(await answer)
      #expect(waits.current.isEmpty)
    }
  }
}
