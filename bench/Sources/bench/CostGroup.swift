import Foundation
import Postgres
import TestSupport

/// What a request costs each part in processor time, and the disk in bytes: the inputs of docs/scaling.md. Reported
/// only.
///
/// Two cores can bear this rate together with the load generator, so no request is refused as *busy*.
enum CostGroup {
  private static let rate = 20_000.0

  static func measure(_ scores: Scores) async throws {
    let requests = Int(rate) * scores.plan.probing
    let rounds = scores.plan.isQuick ? 1 : scores.rounds
    try await BenchShop.with(scores.cluster) { bench in
      // Waits until the parts know the sale before it is asked for.
      for round in 1...rounds {
        _ = try await bench.putUp("all-win-\(round)", [("phone", requests)])
        try await bench.sellOut(try await bench.putUp("sold-out-\(round)", [("phone", 1)]))
      }
      let (intake, worker) = (try await bench.start("intake"), try await bench.startWorker())
      let meters = try await bench.meters(intake, worker)
      for round in 1...rounds {
        scores.say("round \(round) of \(rounds)")
        let before = try await bench.disk()
        let used = try await meters.used {
          try await bench.sell(requests, of: "all-win-\(round)", at: intake.address, rate: rate)
        }
        let after = try await bench.disk()
        for (part, seconds) in used {
          scores.note("cost: \(part), of an accepted order", seconds / Double(requests) * 1e6, "µs")
        }
        scores.note("cost: WAL of an order", (after.log - before.log) / Double(requests), "B")
        scores.note("cost: table of an order, with its indexes", (after.table - before.table) / Double(requests), "B")

        let refusing = try await meters.used {
          _ = try await Spike.run(
            requests, sale: "sold-out-\(round)", at: intake.address, rate: rate, answers: ["sold_out"],
            following: .zero)
        }
        scores.note("cost: intake, of a refused request", refusing[0].seconds / Double(requests) * 1e6, "µs")
      }
    }
  }
}

/// The processor time of one part.
private struct Meter {
  let part: String
  let seconds: () throws -> Double
}

extension [Meter] {
  /// What each of them moves by while `body` runs.
  fileprivate func used(_ body: () async throws -> Void) async throws -> [(part: String, seconds: Double)] {
    let before = try map { try $0.seconds() }
    try await body()
    return try zip(self, before).map { ($0.part, try $0.seconds() - $1) }
  }
}

extension BenchShop {
  /// Those of all parts that run on this machine; intake's is the first.
  fileprivate func meters(_ intake: Shop.Part, _ worker: Shop.Part) async throws -> [Meter] {
    var meters = [
      Meter(part: "intake") { try ProcessorTime.seconds(of: intake.process.identifier) },
      Meter(part: "worker") { try ProcessorTime.seconds(of: worker.process.identifier) },
    ]
    if let broker { meters.append(Meter(part: "embedded broker") { try ProcessorTime.seconds(of: broker.identifier) }) }
    if let server = try await localServer() {
      meters.append(Meter(part: "PostgreSQL") { try ProcessorTime.secondsOfFamily(of: server) })
    }
    return meters
  }

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
  func localServer() async throws -> Int32? {
    let isLocal = try await connection.query("SELECT coalesce(inet_server_addr() <<= '127.0.0.0/8', true)").single()
    return try isLocal.bool(0) ? ProcessorTime.parent(of: connection.backendPID) : nil
  }
}
