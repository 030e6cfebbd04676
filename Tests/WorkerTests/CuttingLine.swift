import Dispatch
import Foundation
import Glibc
import Postgres
import TestSupport

/// A line to the tests' PostgreSQL that breaks when the client sends COMMIT: before the server gets it, or after the
/// server has answered and before the client hears it.
///
/// One connection at a time, on a thread of its own; what that thread reads is set before it starts.
final class CuttingLine: Sendable {
  enum Moment: Sendable { case beforeTheServerHears, beforeTheClientHears }

  private let listener: Int32
  private let port: UInt16
  private let server: URLComponents
  private let moment: Moment

  init(to database: TestDatabase, cutAtCommit moment: Moment) throws {
    guard let server = URLComponents(string: database.url) else { throw TestSetUpError("not a URL") }
    self.server = server
    self.moment = moment
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = Self.with(&address) { [listener] pointer in
      bind(listener, pointer, length) == 0 && listen(listener, 4) == 0 && getsockname(listener, pointer, &length) == 0
    }
    guard isListening else { throw TestSetUpError("no port is free") }
    port = UInt16(bigEndian: address.sin_port)
    DispatchQueue(label: "cutting line").async { [listener, server, moment] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        Self.serve(client, UInt16(server.port ?? 5432), cutting: moment)
        Glibc.close(client)
      }
    }
  }

  deinit {
    // Wakes the thread's `accept`, which then fails.
    shutdown(listener, Int32(SHUT_RDWR))
    Glibc.close(listener)
  }

  /// The database by way of this line, unencrypted so that the line can read along.
  var settings: ConnectionSettings {
    get throws {
      var url = server
      url.host = "127.0.0.1"
      url.port = Int(port)
      url.queryItems = [
        URLQueryItem(name: "sslmode", value: "disable"), URLQueryItem(name: "gssencmode", value: "disable"),
      ]
      return try ConnectionSettings(url.string ?? "")
    }
  }

  /// The statement as it is sent, with the zero behind it: `BEGIN … READ COMMITTED` is another.
  private static let commit = Array("COMMIT".utf8) + [0]

  private static func serve(_ client: Int32, _ port: UInt16, cutting moment: Moment) {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { Glibc.close(server) }
    var address = loopback(port: port)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    guard with(&address, { connect(server, $0, size) }) == 0 else { return }
    var isCutting = false
    while true {
      var ends = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&ends, 2, -1) > 0 else { return }
      if ends[1].revents != 0 {
        guard let answer = receive(server), !isCutting, send(answer, to: client) else { return }
      }
      if ends[0].revents != 0 {
        guard let request = receive(client) else { return }
        isCutting = isCutting || request.firstRange(of: commit) != nil
        if isCutting, moment == .beforeTheServerHears { return }
        guard send(request, to: server) else { return }
      }
    }
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  private static func with<Answer>(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Answer
  ) -> Answer {
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
    }
  }

  private static func receive(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer.prefix(count)) : nil
  }

  private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
