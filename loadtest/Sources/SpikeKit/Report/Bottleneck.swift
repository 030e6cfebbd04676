internal import NIOCore
internal import Writing

/// Says whether the figures show the generator's speed rather than the server's.
///
/// It was the bottleneck if more than `Limits.lateShare` of the tries left more than `Limits.lateAfter` late although a
/// connection was free, or if an event loop used more than `Limits.busyShare` of a core while tries left late for any
/// reason.
struct Bottleneck: Equatable {
  /// The rule, for a person.
  static var rule: String {
    "The generator counts as the bottleneck if more than \(fixed(100 * Limits.lateShare, 0)) % of the requests left "
      + "over \(Limits.lateAfter.nanoseconds / 1_000_000) ms late although a connection was free, or if an event loop "
      + "used over \(fixed(100 * Limits.busyShare, 0)) % of a core while requests left late."
  }

  /// Why it was; empty if it was not.
  let reasons: [String]

  init(_ load: LoadResult) {
    self.init(tries: load.tries, lateness: load.lateness, busy: load.busy)
  }

  init(tries: Int, lateness: Lateness, busy: Double) {
    var reasons: [String] = []
    if Double(lateness.generatorLate) > Limits.lateShare * Double(tries) {
      reasons.append(
        "\(percent(lateness.generatorLate, of: tries)) of the requests left late though a connection was free")
    }
    let late = lateness.generatorLate + lateness.waitedForConnection
    if busy > Limits.busyShare, late > 0 {
      reasons.append(
        "an event loop used \(percent(Int(busy * 1_000), of: 1_000)) of a core, and \(grouped(late)) requests left late"
      )
    }
    self.reasons = reasons
  }
}
