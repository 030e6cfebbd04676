import Foundation
import Glibc
import TestSupport

/// A fixed number of requests over some connections, all of them in each step, as a busy intake gets them.
struct RequestTrain: Sendable {
  enum Requests: Sendable {
    /// Orders of the sale `open`, each with a key and a buyer of its own.
    case orders
    /// Calls that join a waiting room; the first one is of this buyer, the others of the numbers behind it.
    case joins(sale: String, from: Int)

    fileprivate func text(_ number: Int) -> String {
      switch self {
      case .orders:
        let body = #"{"sku":"phone","quantity":1}"#
        return "POST /v1/sales/open/orders HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
          + "X-Buyer-Id: buyer-\(number)\r\nIdempotency-Key: key-\(number)\r\n"
          + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
      case .joins(let sale, let first):
        return "POST /v1/sales/\(sale)/room HTTP/1.1\r\nHost: bench\r\n"
          + "X-Buyer-Id: waiting-\(first + number - 1)\r\nContent-Length: 0\r\n\r\n"
      }
    }
  }

  private let descriptors: [Int32]

  init(connections: Int, at url: URL) throws {
    let port = UInt16(url.port ?? 80)
    descriptors = try (0..<connections).map { _ in try Loopback.connect(port) }
  }

  /// Sends so many, waits for each answer, which must have this status, and closes the connections.
  ///
  /// - Returns: how long it took.
  @discardableResult
  func send(_ count: Int, _ requests: Requests = .orders, status: Int = 202) async throws -> Duration {
    defer { for descriptor in descriptors { Loopback.close(descriptor) } }
    return try await OwnThread.run {
      let begin = ContinuousClock.now
      try exchange(count, requests, status)
      return .now - begin
    }
  }

  private func exchange(_ count: Int, _ requests: Requests, _ status: Int) throws {
    var sent = 0
    while sent < count {
      let step = descriptors.prefix(count - sent)
      for descriptor in step {
        sent += 1
        try Loopback.send(descriptor, requests.text(sent))
      }
      for descriptor in step {
        let answer = try Loopback.receive(descriptor)
        guard answer.hasPrefix("HTTP/1.1 \(status) ") else { throw TestSetUpError("not answered \(status): \(answer)") }
      }
    }
  }
}

/// Blocking sockets to this machine.
enum Loopback {
  static func connect(_ port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port.bigEndian)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw TestSetUpError("connect: \(String(cString: strerror(errno)))") }
    return descriptor
  }

  static func close(_ descriptor: Int32) { Glibc.close(descriptor) }

  /// Closes by a reset, so that the port is free again at once: one address has some 28,000 of them.
  static func abort(_ descriptor: Int32) {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    close(descriptor)
  }

  static func send(_ descriptor: Int32, _ text: String) throws {
    let bytes = Array(text.utf8)
    guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw TestSetUpError("send: \(String(cString: strerror(errno)))")
    }
  }

  /// One answer, which comes in one piece: it is far below a segment.
  static func receive(_ descriptor: Int32) throws -> String {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { throw TestSetUpError("a connection ended before its answer") }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
