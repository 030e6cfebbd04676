import ArgumentParser

/// Why a command is given, of those that can say so.
struct Why: ParsableArguments {
  @Option(help: "Why; kept in the admin log.") var reason: String?

  /// As the admin log has it: empty without one.
  var words: String { reason ?? "" }
}
