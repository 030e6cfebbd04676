// What people write, and what is put beside it on pages, in files and in terminals.

extension Unicode.Scalar {
  /// Whether it turns text around beyond its own letters: the explicit marks of the bidirectional algorithm (UAX #9).
  /// Arabic and Hebrew need none of them.
  public var turnsText: Bool {
    switch value {
    case 0x061C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

extension ValidationError {
  /// Refuses a name or a reason that somebody sends, if it turns around what stands beside it. What is in the store or
  /// the log already is taken as it is: it was allowed once.
  public static func refuseTurned(_ text: String, _ field: String) throws(ValidationError) {
    guard text.unicodeScalars.contains(where: \.turnsText) else { return }
    throw ValidationError(field, "must not have marks that turn text around")
  }
}
