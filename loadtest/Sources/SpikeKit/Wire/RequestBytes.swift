internal import FoundationEssentials
internal import NIOCore

/// Requests as bytes. All that is the same for every order is put together once; an order adds its buyer, key and SKU.
struct RequestBytes: Sendable {
  private let orderHead: [UInt8]
  private let keyField: [UInt8]
  private let tokenField = Array("\r\nX-Room-Token: ".utf8)
  /// How a tab joins the waiting room, and asks where it stands, up to the buyer.
  private let roomHeads: (join: [UInt8], look: [UInt8])
  /// From the end of the key on, for each SKU: the last header field and the body; and the same of orders that wait for
  /// units that come back.
  private let orderTails: [[UInt8]]
  private let waitingTails: [[UInt8]]
  private let mix: Mix
  private let statusHead: [UInt8]
  private let statusTail: [UInt8]

  /// - Parameter skus: As the sale lists them; a request's `sku` is an index into them.
  init(target: Target, sale: String, skus: [String], mix: Mix) throws {
    let salePath = String(decoding: percentEncoded(sale.utf8), as: UTF8.self)
    orderHead = Array(
      """
      POST \(target.prefix)/v1/sales/\(salePath)/orders HTTP/1.1\r
      Host: \(target.authority)\r
      Content-Type: application/json\r
      X-Buyer-Id: b
      """.utf8)
    keyField = Array("\r\nIdempotency-Key: \(mix.keyPrefix)".utf8)
    func tail(_ sku: String, waits: Bool?) throws -> [UInt8] {
      let body = try JSONEncoder().encode(OrderBody(sku: sku, quantity: mix.quantity, waitlist: waits))
      return Array("\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
    }
    self.mix = mix
    orderTails = try skus.map { try tail($0, waits: nil) }
    waitingTails = try skus.map { try tail($0, waits: true) }
    let roomEnd = " \(target.prefix)/v1/sales/\(salePath)/room HTTP/1.1\r\nHost: \(target.authority)\r\n"
    roomHeads = (
      Array("POST\(roomEnd)Content-Length: 0\r\nX-Buyer-Id: b".utf8), Array("GET\(roomEnd)X-Buyer-Id: b".utf8)
    )
    statusHead = Array("GET \(target.prefix)/v1/orders/".utf8)
    statusTail = Array(" HTTP/1.1\r\nHost: \(target.authority)\r\nX-Buyer-Id: b".utf8)
  }

  /// The submission of an order.
  ///
  /// - Parameter token: of the waiting room.
  func order(_ request: Mix.Request, token: [UInt8]? = nil, into buffer: inout ByteBuffer) {
    let tail = mix.waits(request) ? waitingTails[request.sku] : orderTails[request.sku]
    let most =
      orderHead.count + keyField.count + tail.count + 2 * Limits.decimalDigits
      + (token.map { $0.count + tokenField.count } ?? 0)
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: most) { space in
      var pen = BytePen(space)
      pen.write(orderHead)
      pen.write(decimal: request.buyer)
      pen.write(keyField)
      pen.write(decimal: request.original)
      if let token {
        pen.write(tokenField)
        pen.write(token)
      }
      pen.write(tail)
      return pen.written
    }
  }

  /// Asks for a place in the waiting room, or where the buyer stands there.
  func room(buyer: Int, joins: Bool, into buffer: inout ByteBuffer) {
    buffer.writeBytes(joins ? roomHeads.join : roomHeads.look)
    buffer.writeString(String(buyer))
    buffer.writeStaticString("\r\n\r\n")
  }

  /// The question for an order's status, or its events, without a ticket if none was given.
  func status(
    _ id: OrderID, by way: FollowWay = .status, ticket: ArraySlice<UInt8>, buyer: Int, into buffer: inout ByteBuffer
  ) {
    buffer.writeBytes(statusHead)
    buffer.writeBytes(id.bytes)
    if way == .events { buffer.writeStaticString("/events") }
    if !ticket.isEmpty {
      buffer.writeStaticString("?ticket=")
      buffer.writeBytes(percentEncoded(ticket))
    }
    buffer.writeBytes(statusTail)
    buffer.writeString(String(buyer))
    buffer.writeStaticString("\r\n\r\n")
  }

  /// The question for a sale and what is left of it.
  static func sale(_ sale: String, target: Target) -> [UInt8] {
    Array("GET \(target.prefix)/v1/sales/".utf8) + percentEncoded(sale.utf8)
      + Array(" HTTP/1.1\r\nHost: \(target.authority)\r\n\r\n".utf8)
  }
}

private struct OrderBody: Encodable {
  let sku: String
  let quantity: Int
  let waitlist: Bool?
}
