import Dispatch
import Foundation
import Glibc
import Postgres

/// A TCP proxy to the tests' PostgreSQL that cuts the line when the client sends a given text.
///
/// It runs on threads of its own; what is shared between them is set before they start.
final class CuttingProxy: Sendable {
  enum Moment { case beforeItReachesTheServer, afterTheServerAnswered }

  private let listener: Int32
  private let upstream: URLComponents
  private let text: [UInt8]
  private let moment: Moment

  /// Listens on a free port.
  init(cutAt text: String, _ moment: Moment) throws {
    guard let upstream = URLComponents(string: try Database.url), upstream.host != nil else {
      throw Database.Missing()
    }
    self.upstream = upstream
    self.text = Array(text.utf8)
    self.moment = moment
    listener = try Self.makeSocket()
    var address = Self.address(port: 0)
    guard Self.withSocketAddress(&address, { bind(listener, $0, $1) }) == 0, listen(listener, 4) == 0 else {
      throw POSIXError(.EADDRINUSE)
    }
    DispatchQueue(label: "proxy").async { [listener] in
      let client = accept(listener, nil, nil)
      if client >= 0 { self.serve(client) }
    }
  }

  deinit { Glibc.close(listener) }

  /// The database's URL, by way of the proxy, unencrypted so that the proxy can read along.
  func settings(like original: ConnectionSettings) throws -> ConnectionSettings {
    var address = Self.address(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = Self.withSocketAddress(&address) { pointer, _ in
      getsockname(listener, UnsafeMutablePointer(mutating: pointer), &length)
    }
    var url = upstream
    url.host = "127.0.0.1"
    url.port = Int(UInt16(bigEndian: address.sin_port))
    url.queryItems = [
      URLQueryItem(name: "sslmode", value: "disable"), URLQueryItem(name: "gssencmode", value: "disable"),
    ]
    var settings = try ConnectionSettings(url.string ?? "")
    settings.sessionParameters = original.sessionParameters
    return settings
  }

  private func serve(_ client: Int32) {
    defer { Glibc.close(client) }
    guard let server = try? Self.makeSocket() else { return }
    defer { Glibc.close(server) }
    var address = Self.address(port: UInt16(upstream.port ?? 5432))
    guard Self.withSocketAddress(&address, { connect(server, $0, $1) }) == 0 else { return }
    var isCutting = false
    while true {
      var descriptors = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&descriptors, 2, -1) > 0 else { return }
      if descriptors[1].revents != 0 {
        guard let answer = Self.receive(from: server), !isCutting, Self.send(answer, to: client) else { return }
      }
      if descriptors[0].revents != 0 {
        guard let request = Self.receive(from: client) else { return }
        isCutting = request.firstRange(of: text) != nil
        if isCutting, moment == .beforeItReachesTheServer { return }
        guard Self.send(request, to: server) else { return }
      }
    }
  }

  private static func makeSocket() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
    return descriptor
  }

  private static func address(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  private static func withSocketAddress<Answer>(
    _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Answer
  ) -> Answer {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }

  private static func receive(from descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer.prefix(count)) : nil
  }

  private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }
}
