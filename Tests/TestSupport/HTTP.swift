public import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// An HTTP client for tests, where exact bytes do not matter.
public enum HTTP {
  /// Status, headers and body of an answer.
  public struct Answer: Sendable {
    public var status: Int
    public var headers: [String: String]
    public var body: Data

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// A value of the JSON body, by its path; `nil` if there is none.
    public func json(_ path: String...) -> Any? {
      path.reduce(try? JSONSerialization.jsonObject(with: body)) { ($0 as? [String: Any])?[$1] }
    }
  }

  /// Sends a GET.
  public static func get(_ url: URL, headers: [String: String] = [:]) async throws -> Answer {
    try await send("GET", url, headers: headers, body: nil)
  }

  /// Sends a POST; the content type is JSON unless the headers say otherwise.
  public static func post(_ url: URL, headers: [String: String] = [:], body: Data = Data()) async throws -> Answer {
    let headers = ["Content-Type": "application/json"].merging(headers) { _, new in new }
    return try await send("POST", url, headers: headers, body: body)
  }

  /// Sends a PATCH of JSON.
  public static func patch(_ url: URL, headers: [String: String] = [:], body: Data) async throws -> Answer {
    let headers = ["Content-Type": "application/json"].merging(headers) { _, new in new }
    return try await send("PATCH", url, headers: headers, body: body)
  }

  /// Sends a DELETE.
  public static func delete(_ url: URL, headers: [String: String] = [:]) async throws -> Answer {
    try await send("DELETE", url, headers: headers, body: nil)
  }

  /// Posts an order.
  public static func order(
    at http: URL, sale: String, sku: String, quantity: Int = 1, buyer: String, key: String? = nil
  ) async throws -> Answer {
    var headers = ["X-Buyer-Id": buyer]
    headers["Idempotency-Key"] = key
    return try await post(
      http.appending(path: "v1/sales/\(sale)/orders"), headers: headers,
      body: Data(#"{"sku":"\#(sku)","quantity":\#(quantity)}"#.utf8))
  }

  private static func send(
    _ method: String, _ url: URL, headers: [String: String], body: Data?
  ) async throws -> Answer {
    var request = URLRequest(url: url)
    request.httpMethod = method
    request.httpBody = body
    request.timeoutInterval = 30
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await session.data(for: request)
    guard let response = response as? HTTPURLResponse else { throw TestSetUpError("\(url) answered no HTTP") }
    var names: [String: String] = [:]
    for (name, value) in response.allHeaderFields { names["\(name)".lowercased()] = "\(value)" }
    return Answer(status: response.statusCode, headers: names, body: data)
  }

  private static let session: URLSession = {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpMaximumConnectionsPerHost = 64
    return URLSession(configuration: configuration)
  }()
}
