import Foundation
import TestSupport

/// The growth of intake's memory with idle connections, and with accepted orders.
enum MemoryGroup {
  static func measure(_ scores: Scores) async throws {
    let plan = scores.plan
    let each = Wrk.Answer(status: 202, text: #""status":"queued""#)
    try await BenchShop.with(scores.cluster) { bench in
      _ = try await bench.putUp("open", [("phone", 1_000_000_000)])
      try await bench.openTheLine()
      for _ in 1...scores.rounds {
        // A new process each time: memory that a crowd once took is used again by the next one.
        let intake = try await bench.start("intake")
        try await RequestTrain(connections: 64, at: intake.address).send(1_000)
        let empty = try intake.process.kibibytes(.resident)
        let crowd = try await IdleCrowd.open(plan.connections, at: intake.address)
        let full = try intake.process.kibibytes(.resident)
        await crowd.close()
        await intake.stop()
        scores.note("memory of an idle connection", (full - empty) / Double(plan.connections), "KiB")
        scores.note("16 KiB", 16, "KiB")
      }
      scores.compare(Ratio("memory of an idle connection", against: "16 KiB", .atMost(1)))

      let intake = try await bench.start("intake")
      // The first requests fill pools and caches, which does not count as growth.
      _ = try await Wrk.rate(.orders(sale: "open"), at: intake.address, seconds: 2, each: each)
      let before = try intake.process.kibibytes(.resident)
      var accepted = 0.0
      while accepted < Double(plan.accepted) {
        let rate = try await Wrk.rate(
          .orders(sale: "open"), at: intake.address, seconds: plan.seconds, each: each)
        accepted += rate * Double(plan.seconds)
      }
      let after = "memory after \(Text.figure(Double(plan.accepted))) accepted"
      scores.note(after, try intake.process.kibibytes(.resident), "KiB")
      scores.note("memory before", before, "KiB")
      scores.compare(Ratio(after, against: "memory before", .atMost(1.1)))
    }
  }
}
