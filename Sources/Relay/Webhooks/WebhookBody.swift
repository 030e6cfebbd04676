internal import FlashSale
internal import Foundation
internal import Time

/// What an endpoint gets of an event: JSON, in the form of Standard Webhooks.
struct WebhookBody: Encodable {
  struct Money: Encodable {
    var capturedMinor: Int64
    var refundDueMinor: Int64
    var refundedMinor: Int64
    var currency: String?
    var exponent: Int?
    var payment: String?
  }

  struct Line: Encodable {
    var sku: String
    var units: Int32
    var priceMinor: Int64
  }

  struct Change: Encodable {
    var orderID: String
    var sequence: Int32
    var sale: String
    var sku: String
    var buyer: String?
    var state: String?
    var units: Int32
    /// `nil`: the order has one line.
    var lines: [Line]?
    var priceMinor: Int64
    var currency: String
    var exponent: Int
    var money: Money?
    var due: String?
    var by: String
    var reason: String?
  }

  var type: String
  var id: String
  var timestamp: String
  var data: Change?

  init(_ event: OrderEvent) {
    type = "order.\(event.kind.code)"
    id = event.id.description
    timestamp = event.at.description
    let money = event.money
    data = Change(
      orderID: event.order.description, sequence: event.sequence, sale: event.sale.rawValue, sku: event.sku.rawValue,
      buyer: event.buyer?.rawValue, state: event.state?.code, units: event.units,
      lines: event.lines.isEmpty
        ? nil : event.lines.map { Line(sku: $0.sku.rawValue, units: $0.units, priceMinor: $0.priceMinor) },
      priceMinor: event.price.minor,
      currency: event.price.currency, exponent: Currency.exponent(of: event.price.currency),
      money: money.captured + money.refundDue + money.refunded == 0
        ? nil
        : Money(
          capturedMinor: money.captured, refundDueMinor: money.refundDue, refundedMinor: money.refunded,
          currency: money.currency, exponent: money.currency.map(Currency.exponent(of:)),
          payment: money.payment?.rawValue),
      due: event.due?.description, by: event.by.name, reason: event.by.reason.isEmpty ? nil : event.by.reason)
  }

  /// A test: an endpoint that takes it works.
  init(pingAt time: Timestamp, id: String) {
    type = "ping"
    self.id = id
    timestamp = time.description
  }

  func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
