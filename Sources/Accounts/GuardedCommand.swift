/// A command that can demand a second person. The raw values are the configuration's and the API's.
public enum GuardedCommand: String, CaseIterable, Sendable, Codable, Hashable {
  /// Ending a sale for good.
  case close
  /// Taking units out of a sale.
  case reduce
  /// Letting a halted partition go on.
  case resume
  /// Cancelling all orders that fit a search.
  case massCancel = "mass_cancel"
  /// Paying back all orders that fit a search.
  case massRefund = "mass_refund"

  /// What one needs to ask for it, and to approve it.
  public var right: Right {
    switch self {
    case .close, .reduce, .resume: .operate
    case .massCancel, .massRefund: .refund
    }
  }
}
