internal import NIOCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A connection's socket, past NIO's pipeline: a write there took 4,300 instructions beside the kernel's, here 230.
///
/// NIO owns the socket and closes it; so it may be used only until then, and on its event loop.
struct Socket {
  private let handle: NIOBSDSocket.Handle

  /// - Returns: `nil` where the channel has no socket that could be written to.
  init?(of channel: any Channel) {
    let handle = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { (handle: NIOBSDSocket.Handle) in
      handle
    }
    guard let handle else { return nil }
    self.handle = handle
  }

  /// Gives the kernel as much of `buffer` as it takes at once, and moves the reader past it.
  ///
  /// - Returns: Whether it took everything. If not, the rest is for NIO to send, which meets the same error if there is
  ///   one and closes the connection.
  func takesAll(_ buffer: inout ByteBuffer) -> Bool {
    // send(2): at most the given length, -1 on error; NIO made the socket non-blocking. A lost connection must not
    // raise SIGPIPE: MSG_NOSIGNAL here, SO_NOSIGPIPE, which NIO sets, on Darwin.
    let sent = buffer.withUnsafeReadableBytes { bytes in
      #if canImport(Glibc)
        send(handle, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      #else
        send(handle, bytes.baseAddress, bytes.count, 0)
      #endif
    }
    buffer.moveReaderIndex(forwardBy: max(sent, 0))
    return buffer.readableBytes == 0
  }
}
