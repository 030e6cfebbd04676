import Foundation
import Glibc
import TestSupport

/// A blocking HTTP/1.1 connection to an intake, for a thread of its own.
final class HTTPLine: Sendable {
  /// What came back.
  struct Answer: Sendable {
    var status: Int
    var head: String
    var body: String

    /// A string field of the JSON body, which intake writes without escapes in these fields.
    func field(_ name: String) -> String? {
      guard let start = body.range(of: "\"\(name)\":\"") else { return nil }
      return body[start.upperBound...].firstIndex(of: "\"").map { String(body[start.upperBound..<$0]) }
    }

    /// Seconds of `Retry-After`.
    var retryAfter: Int? {
      head.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix("retry-after:") }
        .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) }
    }
  }

  let port: UInt16
  private let descriptor: Int32

  /// Connects; `nil` if nobody listens.
  init?(to port: UInt16, patience seconds: Int) {
    guard let descriptor = Loopback.connect(to: port) else { return nil }
    var wait = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
    (self.port, self.descriptor) = (port, descriptor)
  }

  deinit { Glibc.close(descriptor) }

  /// Sends a request without waiting for the answer.
  func send(_ request: [UInt8]) -> Bool { Loopback.send(request, to: descriptor) }

  /// Sends a request and waits for its answer; `nil` when the connection broke or the time was over, so that the
  /// outcome is not known.
  func exchange(_ request: [UInt8]) -> Answer? {
    guard send(request) else { return nil }
    var bytes: [UInt8] = []
    let blank = Array("\r\n\r\n".utf8)
    while true {
      if let end = bytes.firstRange(of: blank) {
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let length = Self.length(in: head)
        if bytes.count >= end.upperBound + length {
          let body = String(decoding: bytes[end.upperBound...].prefix(length), as: UTF8.self)
          guard let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
          return Answer(status: status, head: head, body: body)
        }
      }
      guard let more = Loopback.receive(descriptor) else { return nil }
      bytes += more
    }
  }

  private static func length(in head: String) -> Int {
    for line in head.split(whereSeparator: \.isNewline) where line.lowercased().hasPrefix("content-length:") {
      return Int(line.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) ?? 0
    }
    return 0
  }
}
