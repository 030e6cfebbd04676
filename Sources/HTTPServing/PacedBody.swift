internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension ResponseBody {
  /// This body in parts of `Limits.partBytes`, each sent once the client has taken most of those before: however long
  /// it is, two parts at most wait for a client that does not read. A short one is sent as it is.
  ///
  /// - Parameter eventLoop: the connection's. The framework writes to it without waiting, and hears only from it that
  ///   the client does not read: each part waits until the loop has had the one before.
  func paced(on eventLoop: any EventLoop) -> ResponseBody {
    if let contentLength, contentLength <= Limits.partBytes { return self }
    return ResponseBody(contentLength: contentLength) { writer in
      try await self.write(PacedWriter(writer: writer, eventLoop: eventLoop))
    }
  }
}

private struct PacedWriter: ResponseBodyWriter {
  var writer: any ResponseBodyWriter
  let eventLoop: any EventLoop

  mutating func write(_ bytes: ByteBuffer) async throws {
    var rest = bytes
    while rest.readableBytes > 0, let part = rest.readSlice(length: min(rest.readableBytes, Limits.partBytes)) {
      try await writer.write(part)
      try await eventLoop.submit {}.get()
    }
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws { try await writer.finish(trailingHeaders) }
}
