import Foundation
import Postgres
import TestSupport

/// What a request costs each part in processor time, and the disk in bytes: the inputs of docs/scaling.md. Reported only.
///
/// The rate is one that two cores bear together with the load generator, so that nobody is refused for being busy.
enum CostGroup {
  private static let rate = 20_000.0

  static func measure(_ journal: Journal) async throws {
    let requests = Int(rate) * journal.plan.probing
    try await BenchShop.with(journal.cluster) { bench in
      // Those who wait for the parts to notice a sale are there before they are asked.
      for round in 1...journal.rounds {
        _ = try await bench.putUp("all-win-\(round)", [("phone", requests)])
        try await bench.sellOut(try await bench.putUp("sold-out-\(round)", [("phone", 1)]))
      }
      let intake = try await bench.start("intake")
      let worker = try await bench.startWorker()
      var parts: [(String, () throws -> Double)] = [
        ("intake", { try ProcessorTime.seconds(of: intake.process.identifier) }),
        ("worker", { try ProcessorTime.seconds(of: worker.process.identifier) }),
      ]
      if let broker = bench.broker {
        parts.append(("embedded broker", { try ProcessorTime.seconds(of: broker.identifier) }))
      }
      if let server = try await bench.localServer() {
        parts.append(("PostgreSQL", { try ProcessorTime.secondsOfFamily(of: server) }))
      }
      for round in 1...journal.rounds {
        journal.say("round \(round) of \(journal.rounds)")
        let (before, disk) = (try parts.map { try $0.1() }, try await bench.disk())
        try await bench.sell(requests, of: "all-win-\(round)", at: intake.address, rate: rate)
        let after = try parts.map { try $0.1() }
        for (part, used) in zip(parts, zip(before, after)) {
          journal.note("cost: \(part.0), of an accepted order", (used.1 - used.0) / Double(requests) * 1e6, "µs")
        }
        let grown = try await bench.disk()
        journal.note("cost: WAL of an order", (grown.log - disk.log) / Double(requests), "B")
        journal.note("cost: table of an order, with its indexes", (grown.table - disk.table) / Double(requests), "B")

        let idle = try ProcessorTime.seconds(of: intake.process.identifier)
        _ = try await Spike.run(
          requests, sale: "sold-out-\(round)", at: intake.address, rate: rate, answers: ["sold_out"],
          following: .zero)
        let refused = try ProcessorTime.seconds(of: intake.process.identifier) - idle
        journal.note("cost: intake, of a refused request", refused / Double(requests) * 1e6, "µs")
      }
    }
  }
}

extension BenchShop {
  /// Sells one unit to each of so many buyers, and waits until all have been decided.
  fileprivate func sell(_ requests: Int, of sale: String, at url: URL, rate: Double) async throws {
    let all = try await requestsDecided() + Double(requests)
    _ = try await Spike.run(requests, sale: sale, at: url, rate: rate, answers: ["accepted"], following: .zero)
    guard try await eventually(within: .seconds(60), { try await requestsDecided() == all }) else {
      throw TestSetUpError("not all of \(requests) orders were decided within 60 s")
    }
  }

  private func requestsDecided() async throws -> Double {
    try await connection.query("SELECT coalesce(sum(requests), 0)::float8 FROM tallies").single().double(0)
  }

  /// Bytes of WAL that the server ever wrote, and those that the orders take now.
  fileprivate func disk() async throws -> (log: Double, table: Double) {
    let row = try await connection.query(
      """
      SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8, pg_total_relation_size('orders')::float8
      """
    ).single()
    return (try row.double(0), try row.double(1))
  }

  /// The PostgreSQL server's first process, which starts all others; `nil` if it is on another machine.
  fileprivate func localServer() async throws -> Int32? {
    let isLocal = try await connection.query("SELECT coalesce(inet_server_addr() <<= '127.0.0.0/8', true)").single()
    return try isLocal.bool(0) ? ProcessorTime.parent(of: connection.backendPID) : nil
  }
}
