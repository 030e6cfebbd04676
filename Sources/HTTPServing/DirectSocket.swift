internal import Glibc
internal import NIOCore

/// A connection's socket, past NIO's pipeline, whose way to one `write` takes as long as all else of an answer does.
///
/// NIO owns the socket and closes it at once when the connection ends, while its handlers hear of that later; by then
/// the descriptor can be another connection's. So each write asks first, on the event loop, whether the channel is
/// active.
struct DirectSocket {
  private let channel: any Channel
  private let handle: NIOBSDSocket.Handle

  /// `nil` where the channel has no socket that could be written to, as in a test of one handler.
  init?(of channel: any Channel) {
    let handle = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { (handle: NIOBSDSocket.Handle) in
      handle
    }
    guard let handle else { return nil }
    self.channel = channel
    self.handle = handle
  }

  /// Gives the kernel as much of `bytes` as it takes at once, and moves the reader past it. Nothing of this connection
  /// may be left with NIO.
  ///
  /// - Returns: whether it took everything. If not, the rest is for NIO to send, which meets the same error if there is
  ///   one and closes the connection.
  func takesAll(_ bytes: inout ByteBuffer) -> Bool {
    guard channel.isActive else { return false }
    // send(2): at most the given length, -1 on error; NIO made the socket non-blocking. A lost connection must not
    // raise SIGPIPE.
    let sent = bytes.withUnsafeReadableBytes { send(handle, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    bytes.moveReaderIndex(forwardBy: max(sent, 0))
    return bytes.readableBytes == 0
  }
}
