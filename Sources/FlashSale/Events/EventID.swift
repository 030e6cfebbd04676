public import LogPositions

/// The name of an event. Every relay gives an event the same name, so that a reader knows one that comes twice.
public struct EventID: Hashable, Sendable, CustomStringConvertible {
  /// The record that caused it, in the log of orders.
  public let position: LogPosition

  /// Which of the record's entries in the history it is; `nil`: the order's first decision.
  public let place: Int16?

  /// Names an event.
  public init(position: LogPosition, place: Int16? = nil) {
    self.position = position
    self.place = place
  }

  /// `partition-offset`, or `partition-offset-place`.
  public var description: String {
    let record = "\(position.partition)-\(position.offset)"
    return place.map { "\(record)-\($0)" } ?? record
  }
}
