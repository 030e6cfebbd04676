import Foundation
import Glibc
import TestSupport

/// Connections that sent one request and then stay idle.
struct IdleCrowd: Sendable {
  private let descriptors: [Int32]

  /// Opens so many, and sends one request over each.
  static func open(_ count: Int, at url: URL) async throws -> IdleCrowd {
    try allowFiles(count)
    let port = UInt16(url.port ?? 80)
    return try await OwnThread.run { IdleCrowd(descriptors: try (0..<count).map { _ in try connect(port) }) }
  }

  /// Closes all.
  func close() async { for descriptor in descriptors { Loopback.close(descriptor) } }

  private static func connect(_ port: UInt16) throws -> Int32 {
    let descriptor = try Loopback.connect(port)
    try Loopback.send(descriptor, "GET /v1/sales/open HTTP/1.1\r\nHost: bench\r\n\r\n")
    _ = try Loopback.receive(descriptor)
    return descriptor
  }

  /// Raises the soft limit of open files, which is often 1,024, for us; intake's process inherits the same hard limit.
  private static func allowFiles(_ count: Int) throws {
    let needed = rlim_t(count + 256)
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < needed else { return }
    guard limit.rlim_max >= needed else {
      throw TestSetUpError("\(count) connections need \(needed) open files, the system allows \(limit.rlim_max)")
    }
    limit.rlim_cur = needed
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
