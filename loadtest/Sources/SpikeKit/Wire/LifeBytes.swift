internal import Crypto
internal import FoundationEssentials
internal import NIOCore

/// Requests about an order that was accepted, as bytes: payments as its shop or the provider tells them, and
/// cancellations as its buyer sends them.
struct LifeBytes: Sendable {
  private let target: Target
  private let way: PaymentWay
  private let shopToken: String?
  private let signer: NoticeSigner?

  /// - Parameters:
  ///   - shopToken: what the shop's backend shows; `nil`: nothing, as in development.
  ///   - signer: of the provider. It must be there unless the shop tells of payments.
  init(target: Target, way: PaymentWay, shopToken: String?, signer: NoticeSigner?) {
    (self.target, self.way, self.shopToken, self.signer) = (target, way, shopToken, signer)
  }

  /// Tells of a capture.
  ///
  /// - Parameter seconds: now, since 1970.
  func payment(_ notice: Provider.Notice, of order: OrderID, at seconds: Int64, into buffer: inout ByteBuffer) {
    let money =
      "\"payment_id\":\"\(notice.payment)\",\"amount_minor\":\(notice.minor),\"currency\":\"\(notice.currency)\""
    guard way != .shop, let signer else {
      let token = shopToken.map { "\r\nAuthorization: Bearer \($0)" } ?? ""
      return write("/v1/orders/\(order)/payments", fields: token, body: "{\(money)}", into: &buffer)
    }
    let body = "{\"order_id\":\"\(order)\",\(money)}"
    // Each delivery is signed anew, under the notice's one name.
    let fields = signer.fields(id: "msg_\(notice.payment)", at: seconds, body: body)
    write("/v1/webhooks/payments", fields: fields, body: body, into: &buffer)
  }

  /// Cancels so many units of an order; `nil`: all.
  func cancel(
    _ order: OrderID, ticket: ArraySlice<UInt8>, buyer: Int, key: String, units: Int?, into buffer: inout ByteBuffer
  ) {
    let query = ticket.isEmpty ? "" : "?ticket=\(String(decoding: percentEncoded(ticket), as: UTF8.self))"
    write(
      "/v1/orders/\(order)/cancel\(query)",
      fields: "\r\nX-Buyer-Id: \(Mix.buyerName(buyer))\r\nIdempotency-Key: \(key)",
      body: units.map { "{\"units\":\($0)}" } ?? "{}", into: &buffer)
  }

  private func write(_ path: String, fields: String, body: String, into buffer: inout ByteBuffer) {
    buffer.writeString(
      "POST \(target.prefix)\(path) HTTP/1.1\r\nHost: \(target.authority)\r\n"
        + "Content-Type: application/json\(fields)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }
}

/// Signs a provider's notices by the scheme of Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`.
struct NoticeSigner: Sendable {
  private let key: SymmetricKey

  /// - Parameter keys: hexadecimal, separated by commas; the first one signs.
  /// - Returns: `nil` if that is not at least 16 bytes in hexadecimal digits.
  init?(keys: String) {
    let digits = keys.prefix { $0 != "," }.utf8.compactMap { hexDigit($0) }
    guard digits.count == keys.prefix(while: { $0 != "," }).utf8.count, digits.count.isMultiple(of: 2),
      digits.count >= 32
    else { return nil }
    key = SymmetricKey(
      data: stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }

  /// The fields of a notice's head.
  ///
  /// - Parameter seconds: now, since 1970.
  func fields(id: String, at seconds: Int64, body: String) -> String {
    let code = HMAC<SHA256>.authenticationCode(for: Array("\(id).\(seconds).\(body)".utf8), using: key)
    return "\r\nWebhook-Id: \(id)\r\nWebhook-Timestamp: \(seconds)"
      + "\r\nWebhook-Signature: v1,\(Data(code).base64EncodedString())"
  }
}
