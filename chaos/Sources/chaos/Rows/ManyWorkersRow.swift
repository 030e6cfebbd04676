import Foundation
import Glibc
import TestSupport
import Time

/// Many workers that come at once and leave one by one, and what their leases ask of PostgreSQL meanwhile.
extension Row {
  static let manyWorkers = Row(
    name: "many-workers", fault: "8 workers start at once on 64 partitions, and leave one by one", partitions: 64,
    ground: .either, server: { folder in try await tellingServer(folder) },
    tearDown: { server in try? await server.remove() }
  ) { stage in
    let begin = ContinuousClock.now
    var workers = try await withThrowingTaskGroup(of: Member.self) { group in
      for _ in 0..<8 { group.addTask { try await stage.start("worker", awaitsReadiness: false) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    stage.inject(8)
    let started = ContinuousClock.now
    try await stage.expect("64 partitions balanced over 8 workers", within: .seconds(3)) {
      try await isBalanced(over: 8, of: stage)
    }
    let (balanced, took) = (ContinuousClock.now - started, started - begin)
    stage.remark("balanced \(balanced.asMilliseconds) after the last was up (\(took.asMilliseconds) for all)")
    try await count(of: 8, "at rest", stage) { try await Task.sleep(for: .seconds(5)) }
    func leave() async throws {
      workers.removeFirst().part.process.send(signal: SIGTERM)
      stage.inject()
      let stopped = ContinuousClock.now
      try await stage.expect("64 partitions balanced over \(workers.count) workers", within: .seconds(3)) {
        try await isBalanced(over: workers.count, of: stage)
      }
      stage.remark("over \(workers.count) after \((ContinuousClock.now - stopped).asMilliseconds)")
    }
    try await count(of: 6, "while three leave, one every two seconds", stage) {
      for _ in 0..<3 {
        try await leave()
        try await Task.sleep(for: .seconds(2))
      }
    }
    _ = try await stage.start("intake")
    try await stage.underLoad {
      // Two have room for all of them.
      for _ in 0..<3 { try await leave() }
    }
  }

  /// Counts the statements of workers while `body` runs, a second and worker: those about leases must be 20 at most.
  private static func count(
    of workers: Double, _ when: String, _ stage: Stage, _ body: () async throws -> Void
  ) async throws {
    let log = URL(filePath: "\(stage.postgres.folder)/postgres.log")
    let (begin, before) = (ContinuousClock.now, try Data(contentsOf: log).count)
    try await body()
    let seconds = (ContinuousClock.now - begin).inSeconds
    let statements = workerStatements(String(decoding: try Data(contentsOf: log).dropFirst(before), as: UTF8.self))
    let leases = Double(statements.count(where: isAboutLeases)) / seconds / workers
    let all = Double(statements.count) / seconds / workers
    stage.remark(
      String(format: "%.1f statements/s for each worker's leases %@, %.1f with what else it asks", leases, when, all))
    if leases == 0 { stage.violated("no statement about leases was found in PostgreSQL's log") }
    if leases > 20 { stage.violated("leases ask more than 20 statements/s for each worker") }
  }

  /// What workers have asked, of a log of all statements. Further lines of a statement begin with a tab.
  private static func workerStatements(_ log: String) -> [String] {
    log.replacingOccurrences(of: "\n\t", with: " ").split(separator: "\n").map(String.init).filter {
      $0.hasPrefix("penstock worker") && ($0.contains("LOG:  execute") || $0.contains("LOG:  statement"))
    }
  }

  /// Who works, who has what, and what one tells the others.
  private static func isAboutLeases(_ statement: String) -> Bool {
    ["workers", "owner_", "penstock_leases", "pg_notify"].contains { statement.contains($0) }
  }

  /// A server that writes down all statements, with whose they are.
  private static func tellingServer(_ folder: String) async throws -> PostgresServer {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let server = PostgresServer(folder: folder)
    try await server.start()
    try await server.stop(SIGINT)
    let file = try FileHandle(forWritingTo: URL(filePath: "\(server.data)/postgresql.conf"))
    try file.seekToEnd()
    try file.write(contentsOf: Data("log_statement = 'all'\nlog_line_prefix = '%a | '\n".utf8))
    try file.close()
    try await server.start()
    return server
  }
}
