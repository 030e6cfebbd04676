public import Hummingbird
public import NIOCore

extension ResponseBody {
  /// A body that is sent in parts of `Limits.partBytes`, each once the client has taken most of those before: however
  /// long it is, about one part waits for a client that does not read.
  public init(inParts bytes: ByteBuffer) {
    guard bytes.readableBytes > Limits.partBytes else {
      self.init(byteBuffer: bytes)
      return
    }
    self.init(contentLength: bytes.readableBytes) { writer in
      var rest = bytes
      while rest.readableBytes > 0, let part = rest.readSlice(length: min(rest.readableBytes, Limits.partBytes)) {
        try await writer.write(part)
      }
      try await writer.finish(nil)
    }
  }
}
