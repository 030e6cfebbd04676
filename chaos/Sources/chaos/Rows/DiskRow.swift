import Foundation
import Glibc
import TestSupport

extension Row {
  static let diskRows = [diskFull]

  /// Enough for a fresh cluster and a few thousand orders; the WAL lies elsewhere.
  private static let megabytes = 96

  private static let diskFull = Row(
    name: "disk-full", fault: "PostgreSQL's data on a small tmpfs that is full: the sale waits, and goes on",
    obstacle: { geteuid() == 0 ? nil : "mounting a tmpfs needs root" },
    server: { folder in try await smallServer(folder) },
    tearDown: { server in
      try? await server.remove()
      _ = try? await Tool.run("umount", server.folder)
      _ = try? await Tool.run("rm", "-rf", server.folder, "\(server.folder)-wal")
    }
  ) { stage in
    _ = try await stage.start("intake")
    let worker = try await stage.start("worker")
    let ballast = "\(stage.postgres.folder)/ballast"
    try await stage.underLoad {
      fill(ballast)
      stage.inject()
      try await stage.expect("a worker that says why it waits", within: .seconds(25)) {
        fill(ballast)
        let ready = try await HTTP.get(worker.part.admin.appending(path: "readyz"))
        return ready.status == 503 && ready.text.contains("waits")
      }
      let said = try await HTTP.get(worker.part.admin.appending(path: "readyz")).text
      let clause = said.split(separator: "\"").first { $0.contains("waits") } ?? "nothing"
      stage.remark("readyz says “\(clause)”")
      try await Task.sleep(for: .seconds(3))
      unlink(ballast)
    }
  }

  /// A private server whose data lie on a tmpfs, and whose WAL lies on the disk: a full WAL would crash it, which is
  /// another row.
  private static func smallServer(_ folder: String) async throws -> PostgresServer {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try await Tool.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=711", "tmpfs", folder)
    let server = PostgresServer(folder: folder)
    try await server.start()
    try await server.stop(SIGINT)
    let log = "\(folder)-wal"
    try await Tool.run("mv", "\(server.data)/pg_wal", log)
    try await Tool.run("ln", "-s", log, "\(server.data)/pg_wal")
    try await server.start()
    return server
  }

  /// Takes all the room that is left.
  private static func fill(_ path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    guard file >= 0 else { return }
    defer { close(file) }
    let block = [UInt8](repeating: 1, count: 4_096)
    while block.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) > 0 {}
  }
}
