public import FlashSale

/// A buyer's id as those see it who may not know it.
public enum BuyerMask {
  /// `al***9` for `alice-2039`: some of the beginning and the last character of a long id, nothing of a short one, and
  /// never how long it is.
  public static func text(_ buyer: BuyerID) -> String {
    let id = buyer.rawValue
    switch id.utf8.count {
    case ..<4: return "***"
    case ..<8: return "\(id.prefix(1))***"
    default: return "\(id.prefix(2))***\(id.suffix(1))"
    }
  }
}
