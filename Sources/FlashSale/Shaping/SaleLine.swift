/// The orders of one sale that are accepted and not decided, over all of its partitions, as one intake knows them.
///
/// (1) Where no other sale has orders in a partition, all records there count, whichever intake put them there;
///     elsewhere only what this intake has put there.
/// (2) Once every partition is decided and nothing is on its way, the line is empty. So a gate that has closed opens
///     again, and what those in line could not get is sold (I2).
public struct SaleLine: Sendable {
  /// Orders in line.
  public private(set) var orders: Int64

  /// Orders of the sale that are decided in a second; `nil`: it is not known.
  public private(set) var drainRate: Double?

  /// - Parameter flying: orders on their way into the log.
  public init(flying: Int64) { orders = flying }

  /// Adds what is in line in one of the sale's partitions.
  ///
  /// - Parameters:
  ///   - own: orders that this intake has put there and that are not decided.
  ///   - undecided: records of the partition that are not decided, as far as is known.
  ///   - isAlone: no other sale has orders there.
  ///   - drainRate: records of the partition that are decided in a second; `nil`: it is not known.
  public mutating func add(own: Int64, undecided: Int64, isAlone: Bool, drainRate: Double?) {
    let here = isAlone ? undecided : own
    orders += here
    guard here > 0, let drainRate else { return }
    // A partition decides in the order of its log: of the sale, as large a part as it has of the line.
    self.drainRate = (self.drainRate ?? 0) + drainRate * Double(here) / Double(max(here, undecided))
  }

  /// Whether nobody else is let in.
  ///
  /// - Parameter limit: orders that may be in line: 1 to `Limits.saleBacklog`.
  public func isFull(limit: Int64) -> Bool { orders >= limit }

  /// Whether an order that is in the log, and is sent again, is let in however full it is: up to twice the limit. Past
  /// that, one that is sent again and again would keep all others out.
  public func takesRepeats(limit: Int64) -> Bool { orders < 2 * limit }
}
