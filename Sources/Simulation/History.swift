/// What happened in a world, in order: as text, to look for a cause, and as a hash, to compare two runs.
public struct History: Sendable {
  /// One thing that happened.
  public struct Line: Sendable, CustomStringConvertible {
    /// Microseconds since the world began.
    public let time: Int64

    /// Who did it, or to whom it happened.
    public let actor: String

    /// What it was.
    public let event: String

    /// One line of text: milliseconds, actor, event.
    public var description: String {
      let fraction = String(time % 1_000 + 1_000).dropFirst()
      let name = actor.padded(to: 14)
      return "\(String(time / 1_000).leftPadded(to: 5)).\(fraction) ms  \(name)  \(event)"
    }
  }

  /// All lines so far.
  public private(set) var lines: [Line] = []

  /// FNV-1a over all lines: the same in every run of the same seed by the same program.
  public private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  /// The hash in 16 hexadecimal digits.
  public var hexadecimalHash: String { String(hash, radix: 16).leftPadded(to: 16, with: "0") }

  init() {}

  mutating func note(_ time: Int64, _ actor: String, _ event: String) {
    lines.append(Line(time: time, actor: actor, event: event))
    add(UInt64(bitPattern: time))
    for byte in actor.utf8 { add(UInt64(byte)) }
    for byte in event.utf8 { add(UInt64(byte)) }
  }

  private mutating func add(_ value: UInt64) { hash = (hash ^ value) &* 0x100_0000_01b3 }
}

/// Writes a world's history, if somebody wants to read it: to find the words takes longer than what they tell of.
final class HistoryWriter {
  private(set) var history = History()
  private let isWanted: Bool

  init(isWanted: Bool) { self.isWanted = isWanted }

  func note(_ time: Int64, _ actor: () -> String, _ event: () -> String) {
    if isWanted { history.note(time, actor(), event()) }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
  fileprivate func leftPadded(to width: Int, with filler: String = " ") -> String {
    String(repeating: filler, count: max(0, width - count)) + self
  }
}
