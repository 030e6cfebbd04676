public import Hummingbird
public import NIOCore

extension ResponseBody {
  /// A body that is sent in parts of `Limits.partBytes`, each once the client has taken most of those before: however
  /// long it is, two parts at most wait for a client that does not read.
  ///
  /// - Parameter eventLoop: the connection's. The framework writes to it without waiting, and hears only from it that
  ///   the client does not read: each part waits until the loop has had the one before.
  public init(inParts bytes: ByteBuffer, on eventLoop: any EventLoop) {
    self.init(contentLength: bytes.readableBytes) { writer in
      var rest = bytes
      while rest.readableBytes > 0, let part = rest.readSlice(length: min(rest.readableBytes, Limits.partBytes)) {
        try await writer.write(part)
        try await eventLoop.submit {}.get()
      }
      try await writer.finish(nil)
    }
  }
}
