import Kafka
import Postgres
import SaleStore
import TestSupport
import Time

/// The whole line: a spike on one SKU of 10,000 units from the first request to the last decision, and how long a
/// decision takes at half of that rate.
enum LineGroup {
  private static let units = 10_000

  static func measure(_ scores: Scores) async throws {
    let requests = scores.plan.spike
    try await BenchShop.with(scores.cluster) { alone in
      _ = try await alone.putUp("alone", [("phone", 1_000_000_000)])
      try await alone.openTheLine()
      let accepting = try await alone.start("intake")
      try await BenchShop.with(scores.cluster) { line in
        // Intake and workers know a sale within a second. These sales exist before anybody asks for them.
        for round in 1...scores.rounds { _ = try await line.putUp("line-\(round)", [("phone", units)]) }
        for round in 1...scores.shortRounds {
          _ = try await line.putUp("delay-\(round)", [("phone", units), ("probe", 1_000_000)])
        }
        let intake = try await line.start("intake")
        try await line.startWorker()
        try await line.makeBatch()

        try await scores.interleave([
          Contestant("the whole line", "s") { round in
            let sent = try await Spike.run(
              requests, sale: "line-\(round)", at: intake.address, answers: ["accepted", "sold_out"],
              following: .seconds(60))
            return max(sent, try await line.lasted("line-\(round)"))
          },
          Contestant("intake alone", "s") { _ in
            try await Spike.run(
              requests, sale: "alone", at: accepting.address, answers: ["accepted"], following: .zero)
          },
        ])
        scores.compare(Ratio("the whole line", against: "intake alone", .atMost(1.5)))

        let seconds = scores.figures["the whole line"]?.values.median ?? 1
        let rate = Double(requests) / seconds / 2
        let probing = scores.plan.probing
        try await scores.interleaveShort([
          // The spike is not judged here, because it does not know what the probes buy.
          Contestant("decision delay, p99", "ms") { round in
            async let load: Double = Spike.run(
              Int(rate * Double(probing)), sale: "delay-\(round)", at: intake.address, rate: rate,
              answers: ["accepted", "sold_out"], following: .zero)
            async let commits = CommitProbe.run(line, for: .seconds(probing))
            let delays = try await DelayProbe(line, at: intake.address, sale: "delay-\(round)", sku: "probe")
              .run(for: .seconds(probing))
            _ = try await load
            scores.note("a commit of one row beside it, p99", try await commits.percentile(0.99), "ms")
            scores.note("decision delay, median", delays.committed.percentile(0.5), "ms")
            scores.note("decision delay until it is heard, p99", delays.heard.percentile(0.99), "ms")
            return delays.committed.percentile(0.99)
          },
          Contestant("one commit of a batch + linger", "ms") { _ in
            try await line.commitMilliseconds(commits: scores.plan.seconds * 100)
              + Kafka.Limits.producerLinger.inMilliseconds
          },
        ])
        scores.compare(Ratio("decision delay, p99", against: "one commit of a batch + linger", .atMost(3)))
        scores.compare(Ratio("decision delay, p99", against: "a commit of one row beside it, p99", nil))
        scores.compare(Ratio("decision delay, median", against: "one commit of a batch + linger", nil))
        scores.compare(Ratio("decision delay until it is heard, p99", against: "one commit of a batch + linger", nil))
      }
    }
  }
}

extension BenchShop {
  /// Seconds from a sale's first accepted request to its last decision.
  fileprivate func lasted(_ sale: String) async throws -> Double {
    var ends: [Double] = []
    // If it is the same twice, a second apart, nothing is decided any more.
    while ends.count < 2 || ends[ends.count - 1] != ends[ends.count - 2] {
      if !ends.isEmpty { try await Task.sleep(for: .seconds(1)) }
      ends.append(
        try await connection.query(
          """
          SELECT coalesce(extract(epoch FROM max(decided_at) - min(accepted_at)), 0)::float8 FROM orders
          WHERE sale = (SELECT number FROM sales WHERE id = $1)
          """, sale
        ).single().double(0))
    }
    return ends[ends.count - 1]
  }

  /// A table like orders, and a batch of 500 rows to put into it: 10 ms of 50,000 requests a second.
  fileprivate func makeBatch() async throws {
    _ = try await connection.query("CREATE TABLE bench_batches (LIKE orders INCLUDING DEFAULTS)")
    _ = try await connection.query(
      """
      CREATE TABLE bench_batch AS SELECT gen_random_uuid() AS order_id, i::int8 AS log_offset, now() AS accepted_at,
        now() AS decided_at, 1 AS sale, 1 AS quantity, 0 AS partition, 5::int2 AS outcome, 'phone' AS sku,
        'buyer-' || i AS buyer
      FROM generate_series(1, 500) AS i
      """)
  }

  fileprivate func commitMilliseconds(commits: Int) async throws -> Double {
    let script = projectRoot + "/bench/sql/batch-commit.sql"
    return try PGBench.latencyMilliseconds(
      try await Tool.run(
        "pgbench",
        [
          "--no-vacuum", "--file", script, "--client", "1", "--transactions", "\(commits)", "--protocol", "prepared",
          database.url,
        ]))
  }
}
