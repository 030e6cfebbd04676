/// Where some of a sale's orders are decided: the part of the sale that lies in one partition.
public struct SaleLane: Sendable, Hashable {
  public let sale: SaleNumber
  public let partition: Partition

  /// Names the lane.
  public init(sale: SaleNumber, partition: Partition) {
    self.sale = sale
    self.partition = partition
  }
}

/// An order that was confirmed, or waited and was offered units; and the record in the log by which it won them.
public struct Winner: Sendable, Hashable {
  public let order: OrderID
  public let position: LogPosition

  /// Where it is decided.
  public var lane: SaleLane { SaleLane(sale: order.sale, partition: position.partition) }

  /// Creates a winner.
  public init(order: OrderID, position: LogPosition) {
    self.order = order
    self.position = position
  }
}
