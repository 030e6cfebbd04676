/// What is left of one stock, and as of when that is true.
public struct StockLevel: Hashable, Sendable {
  /// Units that nobody has: 0 or above (I1).
  public var left: Units

  /// Units that are held and not paid yet: they can come back, so the stock is not sold out while there are any (I2).
  public var reserved: Units

  /// Whether the shop closed it.
  public var isClosed: Bool

  /// The offset behind the record that changed it last, in the stock's partition; 0 as it was put up. It is the same
  /// however the log is split into batches (I10).
  public var asOf: Offset

  /// Creates a level.
  public init(left: Units, reserved: Units = .zero, isClosed: Bool, asOf: Offset) {
    self.left = left
    self.reserved = reserved
    self.isClosed = isClosed
    self.asOf = asOf
  }
}
