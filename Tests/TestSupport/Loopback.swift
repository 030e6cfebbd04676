import Foundation
import Glibc

/// Blocking TCP on loopback, for threads of one's own.
public enum Loopback {
  /// Not for the processes that we start: a connection ends when its two ends say so, not when a child does.
  private static let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)

  /// Listens on this port; 0: a free one.
  public static func listen(on port: UInt16 = 0) throws -> (descriptor: Int32, port: UInt16) {
    let listener = socket(AF_INET, stream, 0)
    var address = address(port: port)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = with(&address) { pointer in
      bind(listener, pointer, length) == 0 && Glibc.listen(listener, 128) == 0
        && getsockname(listener, pointer, &length) == 0
    }
    guard isListening else {
      Glibc.close(listener)
      throw TestSetUpError(port == 0 ? "no port is free" : "port \(port) is taken")
    }
    return (listener, UInt16(bigEndian: address.sin_port))
  }

  /// Waits for the next client; negative when the listener was shut down.
  static func accept(_ listener: Int32) -> Int32 {
    let client = Glibc.accept(listener, nil, nil)
    if client >= 0 { _ = fcntl(client, F_SETFD, FD_CLOEXEC) }
    return client
  }

  /// Connects, with Nagle's algorithm off; `nil` if nobody listens.
  public static func connect(to port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET, stream, 0)
    guard descriptor >= 0 else { return nil }
    var address = address(port: port)
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    guard with(&address, { Glibc.connect(descriptor, $0, size) }) == 0 else {
      Glibc.close(descriptor)
      return nil
    }
    return descriptor
  }

  /// What is there next; `nil` at the end, at an error, and when a receive timeout set on the socket passed.
  public static func receive(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer.prefix(count)) : nil
  }

  /// Sends all of it; `false` if the other end is gone.
  public static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Runs `body` on a thread of its own.
  public static func onThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
    let thread = Thread(block: body)
    thread.name = name
    thread.stackSize = 256 << 10
    thread.start()
  }

  private static func address(port: UInt16) -> sockaddr_in {
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
}
