internal import Glibc
public import NIOCore
internal import Time

// Answers of the direct responder's that come part by part, for as long as their client listens.
extension HTTPConnection {
  /// Begins the answer to the request at hand, a `200` whose parts follow: `streamPart`, then `endStream`.
  ///
  /// Its client has no deadline while it takes the parts. One that ends its half of the connection is taken to be gone.
  /// Requests behind this one wait for its end.
  ///
  /// - Parameter fields: whole lines of the head, each with its CR LF.
  public func beginStream(_ fields: StaticString, isOldVersion: Bool) {
    let ends = state.answerEndsConnection(isUnframed: isOldVersion)
    let streamed = StreamedAnswer(isOldVersion: isOldVersion)
    write { streamed.head(date: loop.answers.date, fields: fields, persistence: ends ? .close : .unsaid, into: &$0) }
    self.streamed = streamed
    state.streamBegins()
    applyDeadline()
    boundKernel()
  }

  /// Sends a part of the answer. For whoever waits for `isTakingStream` before it sends what is worth less later.
  public func streamPart(_ write: (inout ByteBuffer) -> Void) {
    guard let streamed else { return }
    loop.part.clear()
    write(&loop.part)
    self.write { streamed.part(loop.part, into: &$0) }
    flush()
  }

  /// Ends the answer, and serves what came behind its request.
  public func endStream() {
    guard let streamed else { return }
    self.streamed = nil
    write { streamed.end(into: &$0) }
    flush()
    perform(state.answerEnds())
  }

  /// Whether the client has taken everything so far. What waits for one that has not is bounded by sending it no more
  /// than its end.
  public var isTakingStream: Bool { state.untaken == 0 }

  /// The kernel keeps megabytes for a client that does not read, and tries for 15 minutes to reach one that vanished;
  /// a crowd of them must not hold that much, or that long (I11).
  private func boundKernel() {
    guard let options = context?.channel.syncOptions else { return }
    // Neither is fatal: a socket of another kind has neither.
    try? options.setOption(.socketOption(.so_sndbuf), value: Limits.streamKernelBytes)
    try? options.setOption(
      ChannelOptions.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: Int(Limits.streamSilence.wholeMilliseconds))
  }
}
