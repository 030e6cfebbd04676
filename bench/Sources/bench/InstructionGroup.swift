import FlashSale
import Foundation
import SaleStore
import TestSupport

/// Instructions of one accepted request and of one decided order, as valgrind counts them: the same on a loaded
/// machine and on an idle one. Two runs of different length are compared, so that starting up does not count.
enum InstructionGroup {
  static func measure(_ journal: Journal) async throws {
    let (few, many) = (journal.plan.counted, journal.plan.counted * 3)
    let perOrder = Double(many - few)
    let requests = try await (intake(requests: few), intake(requests: many))
    journal.note("instructions per accepted request", (requests.1 - requests.0) / perOrder, "instructions")
    let records = try await (worker(records: few), worker(records: many))
    journal.note("instructions per decided order", (records.1 - records.0) / perOrder, "instructions")
  }

  private static func intake(requests: Int) async throws -> Double {
    var counted = 0.0
    try await BenchShop.with { bench in
      _ = try await bench.putUp("open", [("phone", 1_000_000_000)])
      try await bench.openTheLine()
      counted = try await bench.counting("intake") { part in
        try await OrderTrain(connections: 64, at: part.address).send(requests)
      }
    }
    return counted
  }

  private static func worker(records: Int) async throws -> Double {
    var counted = 0.0
    try await BenchShop.with(partitions: 1) { bench in
      let sale = try await bench.putUp("open", [("phone", records)])
      let feed = try Feed(records, of: sale, partitions: 1)
      counted = try await bench.counting("worker") { _ in _ = try await feed.drain(through: bench) }
    }
    return counted
  }
}

extension BenchShop {
  /// Runs a part under callgrind while `body` does, and ends it.
  ///
  /// - Returns: the instructions of its whole life.
  fileprivate func counting(_ command: String, _ body: (Shop.Part) async throws -> Void) async throws -> Double {
    let folder = try Folder.make()
    defer { Folder.remove(folder) }
    let file = "\(folder)/callgrind"
    let part = try await shop.start(
      command, under: ["valgrind", "--tool=callgrind", "--quiet", "--callgrind-out-file=\(file)"])
    try await body(part)
    part.process.send(signal: SIGTERM)
    guard await part.process.exit() == .success else {
      throw TestSetUpError("penstock \(command) under valgrind did not end well: \(part.process.standardError)")
    }
    let written = try String(contentsOfFile: file, encoding: .utf8)
    guard
      let line = written.split(separator: "\n").last(where: { $0.hasPrefix("totals:") || $0.hasPrefix("summary:") }),
      let total = Double(line.split(separator: " ")[1])
    else { throw TestSetUpError("callgrind wrote no total") }
    return total
  }
}
