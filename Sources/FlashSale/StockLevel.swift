/// What is left of one stock, and as of when that is true.
public struct StockLevel: Hashable, Sendable {
  /// Units not yet sold: 0 or above (I1).
  public var left: Units

  /// Whether the shop closed it.
  public var isClosed: Bool

  /// The offset behind the record that changed it last, in the stock's partition; 0 as it was put up. It is the same
  /// however the log is split into batches (I10).
  public var asOf: Offset

  /// Creates a level.
  public init(left: Units, isClosed: Bool, asOf: Offset) {
    self.left = left
    self.isClosed = isClosed
    self.asOf = asOf
  }
}
