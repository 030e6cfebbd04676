/// The bounds that the rules hold the sources to. What is beyond them is a violation, and fails the tests.
enum Limits {
  /// Characters in a line. Two files fit side by side on a laptop; `.swift-format` has the same number.
  static let lineCharacters = 120

  /// Lines of a function, from the one with `func` or `init` to its closing brace. That is what a screen shows.
  static let functionLines = 70

  /// Lines of a file. One idea takes 60 to 250; what is past this is surely two.
  static let fileLines = 400
}
