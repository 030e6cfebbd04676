import Dispatch
public import Foundation
import Glibc

/// An HTTP client that sends exactly the bytes it is given, and reads answers one by one.
///
/// `@unchecked Sendable`: every call into the socket and every use of `buffered` runs on `queue`, but for `close`,
/// which `shutdown(2)` makes safe beside them.
public final class RawClient: @unchecked Sendable {
  public struct Answer: Sendable {
    /// As `HTTP/1.1`.
    public let version: String
    public let status: Int
    public let headers: [String: String]
    public let body: Data

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// A field of the JSON body.
    public func json(_ name: String) -> Any? {
      ((try? JSONSerialization.jsonObject(with: body)) as? [String: Any])?[name]
    }

    public func string(_ name: String) -> String? { json(name) as? String }
    public func int(_ name: String) -> Int? { json(name) as? Int }
    public var code: String? { string("code") }
  }

  private let descriptor: Int32
  private let queue = DispatchQueue(label: "raw client")
  private var buffered = Data()

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { Glibc.close(descriptor) }

  /// - Parameter receiveBuffer: bytes that the kernel keeps of what is not read; `nil` is as many as it likes.
  public static func connect(host: String, port: Int, receiveBuffer: Int32? = nil) async throws -> RawClient {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let client = RawClient(descriptor)
    try await client.onQueue {
      // Nothing here waits longer; a test that needs it has failed.
      var timeout = timeval(tv_sec: 60, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
      if var size = receiveBuffer {
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
      }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(UInt16(port).bigEndian)
      inet_pton(AF_INET, host, &address.sin_addr)
      let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard result == 0 else { throw TestSetUpError("connect: errno \(errno)") }
    }
    return client
  }

  public func send(_ text: String) async throws { try await send(Data(text.utf8)) }

  public func send(_ data: Data) async throws {
    try await onQueue { [descriptor] in
      var rest = data[...]
      while !rest.isEmpty {
        let sent = rest.withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent > 0 else { throw TestSetUpError("send: errno \(errno)") }
        rest = rest.dropFirst(sent)
      }
    }
  }

  /// The next answer on the connection.
  public func answer(toHead: Bool = false) async throws -> Answer {
    try await onQueue { [self] in
      let end = Data("\r\n\r\n".utf8)
      while buffered.firstRange(of: end) == nil {
        guard try receive() else { throw TestSetUpError("the connection ended before an answer") }
      }
      guard let range = buffered.firstRange(of: end) else { throw TestSetUpError("no head") }
      let lines = String(decoding: buffered[..<range.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
      buffered = Data(buffered[range.upperBound...])
      var headers: [String: String] = [:]
      for line in lines.dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        headers[parts[0].lowercased()] = parts.last.map { $0.trimmingCharacters(in: .whitespaces) }
      }
      let status = Int(lines[0].split(separator: " ")[1]) ?? 0
      let length = toHead ? 0 : headers["content-length"].flatMap(Int.init) ?? 0
      while buffered.count < length {
        guard try receive() else { throw TestSetUpError("the connection ended inside an answer") }
      }
      defer { buffered = Data(buffered.dropFirst(length)) }
      let version = String(lines[0].prefix { $0 != " " })
      return Answer(version: version, status: status, headers: headers, body: Data(buffered.prefix(length)))
    }
  }

  /// What comes behind the last answer's head, or the body that it told the length of, until the server ends the
  /// connection.
  public func rest() async throws -> Data {
    try await onQueue { [self] in
      while try receive() {}
      defer { buffered = Data() }
      return buffered
    }
  }

  /// What comes behind the last answer's head, up to and with `text`.
  public func received(upTo text: String) async throws -> String {
    try await onQueue { [self] in
      let end = Data(text.utf8)
      while buffered.firstRange(of: end) == nil {
        guard try receive() else {
          throw TestSetUpError("the connection ended before \(text): \(String(decoding: buffered, as: UTF8.self))")
        }
      }
      guard let range = buffered.firstRange(of: end) else { throw TestSetUpError("no \(text)") }
      defer { buffered = Data(buffered[range.upperBound...]) }
      return String(decoding: buffered[..<range.upperBound], as: UTF8.self)
    }
  }

  /// Whether the server has ended the connection, waiting until it does.
  public func isEnded() async throws -> Bool {
    try await onQueue { [self] in
      while try receive() {}
      return buffered.isEmpty
    }
  }

  /// Ends this side; the server still answers.
  public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  public func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Reads what has come; false at the end.
  private func receive() throws -> Bool {
    var bytes = [UInt8](repeating: 0, count: 64 * 1_024)
    var count = recv(descriptor, &bytes, bytes.count, 0)
    // With a timeout set, a process that was stopped and goes on finds its call interrupted (signal(7)).
    while count < 0, errno == EINTR { count = recv(descriptor, &bytes, bytes.count, 0) }
    guard count >= 0 || errno == ECONNRESET else { throw TestSetUpError("receive: errno \(errno)") }
    buffered.append(contentsOf: bytes.prefix(max(0, count)))
    return count > 0
  }

  private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result(catching: body)) }
    }
  }
}
