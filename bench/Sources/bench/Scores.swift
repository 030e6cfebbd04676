import Foundation
import Time
import Writing

/// What was measured so far: figures by contestant, ratios between them, and what could not be measured.
final class Scores {
  /// One contestant's figures, a value for each round.
  struct Figure {
    let unit: String
    var values: [Double] = []
  }

  let plan: Plan
  let rounds: Int
  /// More of them, where they are short: see `Plan.repeats`.
  let shortRounds: Int
  /// Where topics are; `nil` is each shop's embedded broker.
  let cluster: Cluster?
  private(set) var figures: [String: Figure] = [:]
  private(set) var ratios: [Ratio] = []
  /// What a figure is made of: its largest parts, by name.
  private(set) var parts: [String: [(name: String, value: Double)]] = [:]
  private(set) var failures: [(group: String, reason: String)] = []
  private let begin = ContinuousClock.now

  init(plan: Plan, rounds: Int, cluster: Cluster?) {
    self.plan = plan
    self.rounds = rounds
    shortRounds = rounds * plan.repeats
    self.cluster = cluster
  }

  /// Progress, on standard error, with the time since the beginning.
  func say(_ text: String) {
    let seconds = Int((ContinuousClock.now - begin).inSeconds)
    FileHandle.standardError.write(Data("[\(String(format: "%3d", seconds)) s] \(text)\n".utf8))
  }

  func note(_ contestant: String, _ value: Double, _ unit: String) {
    figures[contestant, default: Figure(unit: unit)].values.append(value)
    say("\(contestant): \(Text.figure(value)) \(unit)")
  }

  func list(_ parts: [(String, Double)], of contestant: String) { self.parts[contestant] = parts }

  func compare(_ ratio: Ratio) { ratios.append(ratio) }

  func fail(_ group: String, _ error: any Error) {
    failures.append((group, "\(error)"))
    say("\(group) could not be measured: \(error)")
  }

  /// Runs the contestants in turn, A B C A B C …, so that a disturbance of the machine meets all of them.
  func interleave(_ contestants: [Contestant]) async throws { try await interleave(contestants, rounds: rounds) }

  /// The same for contestants that take only seconds, in `shortRounds`.
  func interleaveShort(_ contestants: [Contestant]) async throws {
    try await interleave(contestants, rounds: shortRounds)
  }

  private func interleave(_ contestants: [Contestant], rounds: Int) async throws {
    for round in 1...rounds {
      say("round \(round) of \(rounds)")
      for contestant in contestants {
        note(contestant.name, try await contestant.measure(round), contestant.unit)
      }
    }
  }
}

/// Something that is measured once in each round.
struct Contestant {
  let name: String
  let unit: String
  let measure: (_ round: Int) async throws -> Double

  init(_ name: String, _ unit: String, measure: @escaping (_ round: Int) async throws -> Double) {
    self.name = name
    self.unit = unit
    self.measure = measure
  }
}

/// One line of the table: a contestant against its reference.
struct Ratio {
  /// What the ratio must be.
  enum Bound {
    case atLeast(Double)
    case atMost(Double)

    func holds(for ratio: Double) -> Bool {
      switch self {
      case .atLeast(let least): ratio >= least
      case .atMost(let most): ratio <= most
      }
    }
  }

  let name: String
  let measured: String
  let reference: String
  /// `nil` if it is only reported.
  let bound: Bound?
}

/// How numbers are written for people.
enum Text {
  static func figure(_ value: Double) -> String {
    if value >= 1_000 { return grouped(Int(value.rounded())) }
    return String(format: value >= 100 ? "%.0f" : "%.2f", value)
  }
}
