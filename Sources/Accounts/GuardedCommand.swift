/// A command that can demand a second person. The raw values are the configuration's and the API's.
public enum GuardedCommand: String, CaseIterable, Sendable, Codable, Hashable {
  /// Ending a sale for good.
  case close
  /// Taking units out of a sale.
  case reduce
  /// Letting a halted partition go on.
  case resume

  /// What one needs to ask for it, and to approve it.
  public var right: Right { .operate }
}
