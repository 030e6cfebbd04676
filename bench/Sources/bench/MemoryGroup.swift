import Foundation
import TestSupport

/// What intake's memory grows by: with connections that only stand there, and with orders that it accepted.
enum MemoryGroup {
  static func measure(_ journal: Journal) async throws {
    let plan = journal.plan
    try await BenchShop.with { bench in
      _ = try await bench.putUp("open", [("phone", 1_000_000_000)])
      try await bench.openTheLine()
      let intake = try await bench.shop.start("intake")
      let process = intake.process.identifier
      // The first requests fill pools and caches, which is no growth.
      _ = try await Wrk.rate(.orders(sale: "open"), at: intake.address, seconds: 2)

      for _ in 1...journal.rounds {
        let empty = try Self.residentKibibytes(of: process)
        let crowd = try await IdleCrowd.open(plan.connections, at: intake.address)
        let full = try Self.residentKibibytes(of: process)
        await crowd.close()
        journal.note("memory of an idle connection", max(0, full - empty) / Double(plan.connections), "KiB")
        journal.note("16 KiB", 16, "KiB")
      }
      journal.compare(Row("memory of an idle connection", against: "16 KiB", .atMost(1)))

      let before = try residentKibibytes(of: process)
      var accepted = 0
      while accepted < plan.accepted {
        accepted += try await Wrk.run(.orders(sale: "open"), at: intake.address, seconds: plan.seconds).requests
      }
      let after = "memory after \(Text.figure(Double(plan.accepted))) accepted"
      journal.note(after, try residentKibibytes(of: process), "KiB")
      journal.note("memory before", before, "KiB")
      journal.compare(Row(after, against: "memory before", .atMost(1.1)))
    }
  }

  /// Memory that a process has in RAM (proc(5), VmRSS).
  private static func residentKibibytes(of process: Int32) throws -> Double {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let value = Double(line.filter(\.isNumber))
    else { throw TestSetUpError("/proc/\(process)/status has no VmRSS") }
    return value
  }
}
