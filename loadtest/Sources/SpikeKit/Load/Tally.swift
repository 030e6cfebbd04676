internal import Histogram
internal import NIOCore

/// Answers counted by kind, each kind with its latencies.
///
/// (1) Every request that was sent is counted once: under its answer, or under why it got none.
/// (2) Latency counts from the scheduled time, so that a stall of the server or of the generator is not hidden. A
///     request without an answer counts with the time until it was given up: leaving it out would hide the worst
///     stall.
/// (3) Its size is bounded, whatever the server answers: beyond `Limits.answerKinds` all others are one kind.
struct Tally: Sendable {
  typealias Latencies = Histogram<UInt64>

  struct Kind: Sendable {
    /// The HTTP status; 0 where there was no answer.
    let status: Int
    /// The problem code, or why there was no answer. Empty if there is none.
    let code: [UInt8]
    var latencies = Tally.empty
    var count: UInt64 { latencies.totalCount }
  }

  private(set) var kinds: [Kind] = []
  /// From the time it was sent to the answer, of all kinds: what a closed loop would have seen.
  private(set) var fromSent = Tally.empty

  static var empty: Latencies { Latencies(highestTrackableValue: Limits.latencyMicroseconds) }

  /// How many answers have such a status.
  func count(where isCounted: (_ status: Int) -> Bool) -> Int {
    kinds.reduce(0) { $0 + (isCounted($1.status) ? Int($1.count) : 0) }
  }

  /// From the scheduled time to the answer, of all kinds.
  var all: Latencies {
    var all = Self.empty
    for kind in kinds { all.add(kind.latencies) }
    return all
  }

  /// - Returns: The number of its kind, an index into `kinds`, and the latency in microseconds.
  @discardableResult
  mutating func add(
    status: Int, code: borrowing Span<UInt8>, _ flight: Flight, at now: NIODeadline
  ) -> (kind: Int, latency: UInt64) {
    let latency = Self.microseconds(from: flight.scheduled, to: now)
    fromSent.record(Self.microseconds(from: flight.sent, to: now))
    let kind = index(status: status, code: code)
    kinds[kind].latencies.record(latency)
    return (kind, latency)
  }

  /// - Returns: For each kind of the other, its number here.
  @discardableResult
  mutating func merge(_ other: Tally) -> [Int] {
    fromSent.add(other.fromSent)
    return other.kinds.map { kind in
      let index = index(status: kind.status, code: kind.code.span)
      kinds[index].latencies.add(kind.latencies)
      return index
    }
  }

  private mutating func index(status: Int, code: borrowing Span<UInt8>) -> Int {
    let length = min(code.count, Limits.codeBytes)
    for index in kinds.indices where kinds[index].status == status && kinds[index].code.count == length {
      let known = kinds[index].code
      if Self.equal(known.span, code, length) { return index }
    }
    if kinds.count >= Limits.answerKinds {
      let other = Array("(other)".utf8)
      if let index = kinds.firstIndex(where: { $0.code == other }) { return index }
      kinds.append(Kind(status: status, code: other))
    } else {
      kinds.append(Kind(status: status, code: (0..<length).map { code[$0] }))
    }
    return kinds.count - 1
  }

  private static func equal(_ a: borrowing Span<UInt8>, _ b: borrowing Span<UInt8>, _ length: Int) -> Bool {
    for index in 0..<length where a[index] != b[index] { return false }
    return true
  }

  private static func microseconds(from start: NIODeadline, to end: NIODeadline) -> UInt64 {
    let time = (end - start).nanoseconds / 1_000
    return min(UInt64(max(time, 0)), Limits.latencyMicroseconds)
  }
}
