public import FlashSale

extension OrderReader {
  /// The order that is placed at a place of the log; `nil`: there is no such record, or it places none.
  ///
  /// - Throws: as `read`, except for a place that the log does not have.
  public func order(at position: LogPosition) async throws -> OrderID? {
    let bounds = try await bounds(of: position.partition)
    guard bounds.contains(position.offset) else { return nil }
    var order: OrderID?
    try await read(position.offset..<position.offset.next, of: position.partition) { record in
      if case .place(let request)? = try? record.decoded() { order = request.order }
    }
    return order
  }
}
