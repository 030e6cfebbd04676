public import FlashSale
internal import Time

/// A request of one sale as the log has it, and what became of it.
public struct FairnessRecord: Sendable {
  /// What became of a record.
  public enum Fate: Sendable, Equatable {
    /// It is the first of its order, and this is the order's outcome.
    case decided(Outcome)
    /// Its order has its outcome by another record.
    case repeated
    /// It could not be decided, and was set aside.
    case quarantined
    /// Below the progress, and nothing is known of it.
    case missing
  }

  public let position: LogPosition
  public let request: PurchaseRequest
  public let fate: Fate

  /// Creates a record.
  public init(position: LogPosition, request: PurchaseRequest, fate: Fate) {
    self.position = position
    self.request = request
    self.fate = fate
  }
}
