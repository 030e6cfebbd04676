/// A value from outside that the domain does not take: which field, why, in words for its sender.
public struct ValidationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The field as the sender named it, e.g. `quantity` or `items[2].sku`.
  public var field: String

  /// What is wrong and what would be right, one clause without a full stop.
  public var reason: String

  /// Creates an error about `field`.
  public init(_ field: String, _ reason: String) {
    self.field = field
    self.reason = reason
  }

  /// `field: reason`, safe to show to the sender.
  public var description: String { "\(field): \(reason)" }
}
