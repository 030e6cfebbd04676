import FlashSale
import Foundation
import SaleStore
import TestSupport

/// Instructions and allocations of one accepted request and of one decided order, as valgrind counts them: the same on
/// a loaded machine and on an idle one. Two runs of different length are compared, so that starting up does not count.
enum InstructionGroup {
  /// The callers that ask for memory most often: enough to see where it goes.
  private static let listed = 10

  static func measure(_ scores: Scores) async throws {
    let folder = try Folder.make()
    defer { Folder.remove(folder) }
    let valgrind = try await Valgrind(in: folder)
    // A decided order is a sixth of a request's instructions, so that more of them stand out as clearly.
    let (fewRequests, fewRecords) = (scores.plan.counted, scores.plan.counted * 5)
    for (what, few, count) in [("accepted request", fewRequests, requests), ("decided order", fewRecords, records)] {
      let many = few * 3
      let shorter = try await count(few, scores.cluster, valgrind)
      let longer = try await count(many, scores.cluster, valgrind)
      let each = longer.perOrder(beyond: shorter, orders: many - few)
      scores.note("instructions per \(what)", each.instructions, "instructions")
      scores.note("allocations per \(what)", each.allocations, "allocations")
      let most = each.askers.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(listed)
      let names = try await demangled(most.map(\.key), in: folder)
      scores.list(zip(names, most.map(\.value)).map { ($0, $1) }, of: "allocations per \(what)")
    }
  }

  private static func demangled(_ names: [String], in folder: String) async throws -> [String] {
    let file = "\(folder)/names"
    try names.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    let said = try await Tool.run("swift", ["demangle", "--compact", "--simplified"], input: file)
    return said.split(separator: "\n").map(String.init)
  }

  private static func requests(_ count: Int, _ cluster: Cluster?, _ valgrind: Valgrind) async throws -> Callgrind {
    try await BenchShop.with(cluster) { bench in
      _ = try await bench.putUp("open", [("phone", 1_000_000_000)])
      try await bench.openTheLine()
      return try await bench.counting(valgrind, { try await bench.start("intake", under: $0) }) { part in
        try await RequestTrain(connections: 64, at: part.address).send(count)
      }
    }
  }

  private static func records(_ count: Int, _ cluster: Cluster?, _ valgrind: Valgrind) async throws -> Callgrind {
    try await BenchShop.with(cluster, partitions: 1) { bench in
      let sale = try await bench.putUp("open", [("phone", count)])
      let feed = try Feed(count, of: sale, partitions: 1)
      return try await bench.counting(valgrind, { try await bench.startWorker(under: $0) }) { _ in
        _ = try await feed.drain(through: bench)
      }
    }
  }
}

/// What penstock needs to run under Debian 12's valgrind, 3.19.
private struct Valgrind {
  private let penstock: String
  private let preloaded: String

  init(in folder: String) async throws {
    (penstock, preloaded) = ("\(folder)/penstock", "\(folder)/sigsuspend.so")
    let built = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "penstock")
    // It gives up on the debug information that this toolchain's linker writes. The functions' names stay.
    try await Tool.run("strip", ["--strip-debug", "-o", penstock, built.path])
    try await Tool.run(
      "cc", ["-O2", "-shared", "-fPIC", "-o", preloaded, projectRoot + "/bench/valgrind/sigsuspend.c"])
  }

  /// The command to put before penstock and its arguments. The shell takes penstock's path away again, for the stripped
  /// one.
  ///
  /// Connecting to PostgreSQL is not counted. It takes 68,000,000 instructions to prove a password, and whether a pool
  /// makes two or three connections at the start is chance.
  func wrapper(writing file: String) -> [String] {
    let counted = "--toggle-collect=PQconnectPoll --collect-atstart=yes"
    let command = "valgrind --tool=callgrind --quiet \(counted) --callgrind-out-file='\(file)' '\(penstock)'"
    return ["sh", "-c", "shift; exec env LD_PRELOAD='\(preloaded)' \(command) \"$@\"", "sh"]
  }
}

extension BenchShop {
  /// Runs a part under callgrind while `body` does, and ends it.
  ///
  /// - Returns: what was counted in its whole life.
  fileprivate func counting(
    _ valgrind: Valgrind, _ start: (_ wrapper: [String]) async throws -> Shop.Part,
    _ body: (Shop.Part) async throws -> Void
  ) async throws -> Callgrind {
    let folder = try Folder.make()
    defer { Folder.remove(folder) }
    let file = "\(folder)/callgrind"
    let part = try await start(valgrind.wrapper(writing: file))
    try await body(part)
    part.process.send(signal: SIGTERM)
    guard await part.process.exit() == .success else {
      throw TestSetUpError("penstock under valgrind did not end well: \(part.process.standardError.suffix(1_000))")
    }
    return try Callgrind(reading: file)
  }
}
