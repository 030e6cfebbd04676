import FlashSale
import Secrets
import Telemetry

/// Reads `PENSTOCK_*` variables, and collects all mistakes before it gives up: an operator mends a configuration once,
/// not once for each mistake.
struct Settings {
  private let environment: [String: String]
  private(set) var problems: [String] = []

  init(_ environment: [String: String]) { self.environment = environment }

  /// The variable's text, or `nil` where it is unset or empty.
  func text(_ variable: Variable) -> String? {
    environment[variable.rawValue].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The variable, which must be set.
  mutating func required(_ variable: Variable) -> String {
    guard let text = text(variable) else {
      problems.append("\(variable.rawValue) is not set: \(variable.purpose)")
      return ""
    }
    return text
  }

  /// Why a value is refused, where that is more than that it is not what was expected. Without any secret.
  struct Refusal: Error {
    var reason: String
  }

  /// The variable read by `parse`, or `fallback` where it is unset. `parse` throws or answers `nil` for a wrong value;
  /// the reason of a `Refusal` is told.
  mutating func value<Value>(
    _ variable: Variable, or fallback: Value, expecting: String, _ parse: (String) throws -> Value?
  ) -> Value {
    guard let text = text(variable) else { return fallback }
    do {
      if let value = try parse(text) { return value }
    } catch let refusal as Refusal {
      problems.append("\(variable.rawValue): \(refusal.reason)")
      return fallback
    } catch {}
    // Secrets are told by name only, and so is what may have a user and a password before an @. The wrong value of
    // anything else helps to find it.
    let shown = variable.isSecret || text.contains("@") ? "" : " is \"\(text)\","
    problems.append("\(variable.rawValue)\(shown) must be \(expecting)")
    return fallback
  }

  /// A whole number within a range.
  mutating func number(_ variable: Variable, or fallback: Int, in range: ClosedRange<Int>) -> Int {
    value(variable, or: fallback, expecting: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
      Int($0).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// The admin API's token, if it is set.
  mutating func adminToken() -> Secret<String>? {
    guard text(.adminToken) != nil else { return nil }
    return value(.adminToken, or: Secret(""), expecting: OperatorConfiguration.tokenForm) { text in
      OperatorConfiguration.isToken(text) ? Secret(text) : nil
    }
  }

  /// Notes a problem that concerns more than one variable.
  mutating func refuse(_ problem: String) { problems.append(problem) }

  /// Ends the reading: throws if there was a problem.
  func finish() throws {
    guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
  }
}

/// What is wrong with the configuration. `main` prints it and exits with 78 (`EX_CONFIG`), before anything was started.
struct ConfigurationError: Error, CustomStringConvertible {
  var problems: [String]
  var description: String { problems.map { "configuration: \($0)" }.joined(separator: "\n") }
}
