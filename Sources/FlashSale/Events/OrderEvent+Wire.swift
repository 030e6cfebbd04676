internal import SwiftProtobuf
internal import Time

// Events as they stand in their topic.

extension OrderEvent {
  /// The bytes of the record's value: `penstock.events.v1.OrderEvent`.
  public func encoded() -> [UInt8] {
    do {
      return try WireOrderEvent(self).serializedBytes()
    } catch {
      // proto3 has no required fields, the only thing that encoding fails on; the strings are valid by their types.
      preconditionFailure("an event could not be encoded: \(error)")
    }
  }
}

extension WireOrderEvent {
  fileprivate init(_ event: OrderEvent) {
    self.init()
    id = event.id.description
    kind = Kind(rawValue: Int(event.kind.rawValue)) ?? .unspecified
    orderID = event.order.description
    sequence = UInt32(clamping: event.sequence)
    sale = event.sale.rawValue
    sku = event.sku.rawValue
    buyer = event.buyer?.rawValue ?? ""
    state = event.state?.code ?? ""
    units = event.units
    priceMinor = event.price.minor
    currency = event.price.currency
    capturedMinor = event.money.captured
    refundDueMinor = event.money.refundDue
    refundedMinor = event.money.refunded
    moneyCurrency = event.money.currency ?? ""
    payment = event.money.payment?.rawValue ?? ""
    atUs = UInt64(clamping: event.at.microseconds)
    dueUs = event.due.map { UInt64(clamping: $0.microseconds) } ?? 0
    by = event.by.name
    reason = event.by.reason
    lines = event.lines.map { line in
      var wire = Line()
      wire.sku = line.sku.rawValue
      wire.units = line.units
      wire.priceMinor = line.priceMinor
      return wire
    }
  }
}
