/// How much a run measures. The rows are the same; only their sizes differ.
struct Plan: Sendable {
  /// Seconds of each round over HTTP.
  let seconds: Int
  /// How many rounds *http*, *drain* and the decision delay have for each one of the others. Theirs are seconds long,
  /// and within seconds the machine's host gets faster and slower by a third: the median of few is then chance.
  let repeats: Int
  /// Records of one round of a drain.
  let drained: Int
  /// Orders that are stored before the growth row begins.
  let stored: Int
  /// Requests of one spike over the whole line.
  let spike: Int
  /// Seconds that the decision delay is probed.
  let probing: Int
  /// Idle connections of the memory row.
  let connections: Int
  /// Orders accepted between the memory row's two looks.
  let accepted: Int
  /// Requests, and records, whose instructions are counted.
  let counted: Int
  /// Records of the longer log that is audited; the other one has a tenth of them.
  let audited: Int
  /// Orders of the sale that the console shows, and of the one that is paged through.
  let shown: Int
  let paged: Int
  /// Milliseconds that the machine's stalls are looked for, before each group.
  let looking: Int
  /// Whether this is `make bench-quick`.
  let isQuick: Bool

  static let full = Plan(
    seconds: 2, repeats: 2, drained: 300_000, stored: 10_000_000, spike: 1_000_000, probing: 10, connections: 10_000,
    accepted: 1_000_000, counted: 6_000, audited: 10_000_000, shown: 1_000_000, paged: 10_000_000, looking: 1_000,
    isQuick: false)

  static let quick = Plan(
    seconds: 1, repeats: 1, drained: 60_000, stored: 200_000, spike: 100_000, probing: 2, connections: 2_000,
    accepted: 200_000, counted: 1_000, audited: 1_000_000, shown: 100_000, paged: 300_000, looking: 200, isQuick: true)
}
