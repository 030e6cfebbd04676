import NIOCore
import NIOPosix

/// Host and port to listen on.
struct ListenAddress: Equatable {
  var host: String

  /// 0: any free port.
  var port: Int

  /// Parses `host:port`, where an IPv6 host stands in brackets.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("[") && host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    // An IPv6 address without brackets leaves open where its port begins.
    guard !host.isEmpty, host.allSatisfy({ $0.isLetter || $0.isNumber || ".-_:%".contains($0) }),
      !host.contains(":") || text.hasPrefix("[")
    else { return nil }
    self.host = host
    self.port = Int(port)
  }
}

extension ListenAddress: CustomStringConvertible {
  /// `host:port`, an IPv6 host in brackets.
  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether only this machine can reach it.
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

/// An address that cannot be listened on: a line of the configuration's problems, and exit code 78.
enum TakenAddress {
  /// Listens on all of them and stops again, so that a process finds out before it starts anything else. Somebody can
  /// come in between; then the service that was to listen fails with the same words (see `Listening`).
  static func check(_ addresses: [(Variable, ListenAddress)]) async throws {
    var problems: [String] = []
    var listeners: [any Channel] = []
    for (index, (variable, address)) in addresses.enumerated() where address.port > 0 {
      guard let other = addresses[..<index].first(where: { $0.1 == address }) else { continue }
      throw ConfigurationError(problems: [
        "\(variable.rawValue) \(address) is \(other.0.rawValue) too: give each its own"
      ])
    }
    for (variable, address) in addresses {
      do {
        listeners.append(
          // SO_REUSEADDR as a real one has it: without it, connections that just ended would be in the way.
          try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: address.host, port: address.port).get())
      } catch {
        problems.append(words(of: error, variable, address) ?? "\(variable.rawValue) \(address): \(error)")
      }
    }
    for listener in listeners { try? await listener.close() }
    guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
  }

  /// Why a listener could not be bound, in the system's words; `nil` for what is no such failure.
  static func words(of error: any Error, _ variable: Variable, _ address: ListenAddress) -> String? {
    let reason: String
    switch error {
    case let error as IOError where [EADDRINUSE, EADDRNOTAVAIL, EACCES].contains(error.errnoCode):
      let words = String(cString: strerror(error.errnoCode)).lowercased()
      let advice: String? =
        switch error.errnoCode {
        case EADDRINUSE: "another process listens there, end it or take another port"
        case EACCES: "a port below 1024 is for root, take a higher one"
        case EADDRNOTAVAIL: "no interface of this machine has it"
        default: nil
        }
      reason = advice.map { "\(words): \($0)" } ?? words
    case let error as SocketAddressError.UnknownHost: reason = "the host is unknown (\(error.errorDescription))"
    default: return nil
    }
    return "\(variable.rawValue) \(address): \(reason)"
  }
}
