import Glibc
import Synchronization
import Time

/// A line that may be gone.
struct WeakLine {
  weak var line: FaultyLine?
  init(_ line: FaultyLine?) { self.line = line }
}

/// One direction of one connection through a line.
struct Pump {
  let joint: Joint
  let direction: FaultyLine.Direction
  let line: WeakLine

  /// Bytes of a frame that has not arrived whole.
  private var partial: [UInt8] = []

  init(joint: Joint, direction: FaultyLine.Direction, line: WeakLine) {
    (self.joint, self.direction, self.line) = (joint, direction, line)
  }

  /// How often a held line looks whether it is let go.
  private static let lookAgain: useconds_t = 2_000

  /// The statement as it is sent, with the zero behind it: `BEGIN … READ COMMITTED` is another.
  private static let commit = Array("COMMIT".utf8) + [0]

  /// Carries bytes until either end closes or the line is cut.
  consuming func run() {
    let (from, to) = direction == .toServer ? (joint.client, joint.server) : (joint.server, joint.client)
    while let bytes = Loopback.receive(from) {
      guard let bytes = understand(bytes) else { return }
      guard waitUntilOpen(), Loopback.send(bytes, to: to) else { return }
    }
  }

  /// The bytes to go on with; `nil` to cut.
  private mutating func understand(_ bytes: [UInt8]) -> [UInt8]? {
    guard let line = line.line else { return nil }
    switch (line.speech, direction) {
    case (.kafka, .toServer): return bytes
    case (.kafka, .toClient): return wholeFrames(bytes, instead: line.port)
    case (.postgres, .toClient): return joint.isMuted.load(ordering: .acquiring) ? nil : bytes
    case (.postgres, .toServer):
      guard bytes.firstRange(of: Self.commit) != nil else { return bytes }
      let moment = line.state.withLock { state -> FaultyLine.Moment? in
        guard !state.commitCuts.isEmpty else { return nil }
        state.commitsCut += 1
        return state.commitCuts.removeFirst()
      }
      if moment == .beforeTheServerHears { return nil }
      if moment == .beforeTheClientHears { joint.isMuted.store(true, ordering: .releasing) }
      return bytes
    }
  }

  /// Whole answers of the broker (a 32-bit size and that many bytes), with the line's port in place of the broker's.
  private mutating func wholeFrames(_ bytes: [UInt8], instead port: UInt16) -> [UInt8] {
    partial += bytes
    var end = 0
    while partial.count - end >= 4 {
      let size = partial[end..<(end + 4)].reduce(0) { $0 << 8 | Int($1) }
      guard partial.count - end - 4 >= size else { break }
      end += 4 + size
    }
    var whole = Array(partial[..<end])
    partial.removeFirst(end)
    let address = Array("127.0.0.1".utf8)
    // A host is followed by its port as 32 bits in every answer that has one.
    var searched = 0
    while let found = whole[searched...].firstRange(of: address + Self.bytes(joint.serverPort)) {
      whole.replaceSubrange(found, with: address + Self.bytes(port))
      searched = found.upperBound
    }
    return whole
  }

  private static func bytes(_ port: UInt16) -> [UInt8] { [0, 0, UInt8(port >> 8), UInt8(port & 0xFF)] }

  /// Waits as long as the line is slow, and while it is held; `false` if it is gone.
  private func waitUntilOpen() -> Bool {
    if let delay = line.line?.state.withLock({ $0.delays[direction] }), delay > .zero {
      usleep(useconds_t(delay.wholeMicroseconds))
    }
    while let line = line.line {
      guard line.state.withLock({ $0.held.contains(direction) }) else { return true }
      usleep(Self.lookAgain)
    }
    return false
  }
}
