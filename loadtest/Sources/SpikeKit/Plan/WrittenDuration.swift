internal import ArgumentParser
internal import NIOCore

/// A duration as a person writes it: `5s`, `500ms`, `2m`. A bare number is seconds.
struct WrittenDuration: Equatable, Sendable, ExpressibleByArgument {
  let amount: TimeAmount

  init(milliseconds: Int64) { amount = .milliseconds(milliseconds) }

  /// `nil` unless it is above zero and at most a day.
  init?(argument: String) {
    let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("", 1)]
    guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }),
      let number = Double(argument.dropLast(unit.suffix.count)),
      number > 0, number * unit.seconds <= Limits.phaseSeconds
    else { return nil }
    amount = TimeAmount(seconds: number * unit.seconds)
  }

  var defaultValueDescription: String { "\(amount.nanoseconds / 1_000_000_000)s" }
}
