internal import Histogram
internal import NIOCore

/// Answers counted by kind, each kind with its latencies.
///
/// (1) Every request that was sent is counted once: under its answer, or under why it got none.
/// (2) Latency counts from the scheduled time, so that a stall of the server or of the generator is not hidden. A
///     request without an answer counts with the time until it was given up: leaving it out would hide the worst
///     stall.
/// (3) Its size does not grow with what a server thinks up: beyond `Limits.answerKinds` all others are one kind.
struct Tally: Sendable {
  typealias Latencies = Histogram<UInt64>

  struct Kind: Sendable {
    /// The HTTP status; 0 where there was no answer.
    let status: Int
    /// The problem code, or why there was no answer. Empty where there is none.
    let code: [UInt8]
    var latencies = Tally.empty
    var count: UInt64 { latencies.totalCount }
  }

  private(set) var kinds: [Kind] = []
  /// From the scheduled time to the answer, of all kinds.
  private(set) var all = Tally.empty
  /// From the time it was sent to the answer, of all kinds: what a closed loop would have seen.
  private(set) var fromSent = Tally.empty

  static var empty: Latencies { Latencies(highestTrackableValue: Limits.latencyMicroseconds) }

  mutating func add(status: Int, code: borrowing Span<UInt8>, _ flight: Flight, at now: NIODeadline) {
    let latency = Self.microseconds(from: flight.scheduled, to: now)
    all.record(latency)
    fromSent.record(Self.microseconds(from: flight.sent, to: now))
    kinds[index(status: status, code: code)].latencies.record(latency)
  }

  mutating func merge(_ other: Tally) {
    all.add(other.all)
    fromSent.add(other.fromSent)
    for kind in other.kinds {
      kinds[index(status: kind.status, code: kind.code.span)].latencies.add(kind.latencies)
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
