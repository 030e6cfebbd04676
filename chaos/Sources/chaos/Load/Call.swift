import FlashSale

/// A request of somebody who waits for its answer.
struct Call: Sendable {
  let path: String
  /// `nil`: it is a GET.
  var body: String?
  /// `nil`: the shop's backend asks.
  var buyer: String?
  var key: String?

  /// The request on the wire.
  func bytes(port: UInt16) -> [UInt8] {
    var head = "\(body == nil ? "GET" : "POST") \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
    if let buyer { head += "X-Buyer-Id: \(buyer)\r\n" }
    if let key { head += "\(IdempotencyKey.field): \(key)\r\n" }
    if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
    return Array("\(head)\r\n\(body ?? "")".utf8)
  }
}
