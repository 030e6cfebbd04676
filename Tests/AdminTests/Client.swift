import FlashSale
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore

/// Hands requests to what answers them, without a connection.
struct Client: Sendable {
  let http: any TestClientProtocol

  /// Sent as a bearer token, unless a call brings its own `Authorization`.
  let token: String?

  /// The same without a token.
  var stranger: Client { Client(http: http, token: nil) }

  func get(_ path: String, headers: HTTPFields = [:]) async throws -> TestResponse {
    try await send(.get, path, headers: headers)
  }

  func post(_ path: String, json: String) async throws -> TestResponse {
    try await send(.post, path, headers: [.contentType: "application/json"], body: Data(json.utf8))
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: Data = Data()
  ) async throws -> TestResponse {
    var headers = headers
    if let token, headers[.authorization] == nil { headers[.authorization] = "Bearer \(token)" }
    let body = body.isEmpty ? nil : ByteBuffer(bytes: body)
    return try await http.execute(uri: path, method: method, headers: headers, body: body)
  }
}

extension TestResponse {
  var text: String { String(buffer: body) }

  /// A value of the JSON body by its path.
  func json(_ path: String...) -> Any? { value(path) }

  func string(_ path: String...) -> String? { value(path) as? String }

  private func value(_ path: [String]) -> Any? {
    path.reduce(try? JSONSerialization.jsonObject(with: Data(body.readableBytesView))) { ($0 as? [String: Any])?[$1] }
  }
}

extension Sale {
  /// The sale as a request's body, which needs no escaping here.
  var json: String {
    let items = items.map { item in
      """
      {"sku":"\(item.sku)","stock":\(item.stock),"price_minor":\(item.price.minor),"currency":"\(item.price.currency)"}
      """
    }
    let limit = perBuyerLimit.map { "\($0)" } ?? "null"
    return """
      {"id":"\(id)","name":"\(name)","starts_at":"\(startsAt)","ends_at":"\(endsAt)","per_buyer_limit":\(limit),
      "ordering":"\(ordering.rawValue)","items":[\(items.joined(separator: ","))]}
      """
  }
}
