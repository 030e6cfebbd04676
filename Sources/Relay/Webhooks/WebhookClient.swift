internal import AsyncHTTPClient
public import FlashSale
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
public import Time
internal import Vitals

/// What came of one attempt to tell an endpoint something.
public struct WebhookAnswer: Sendable, Hashable {
  /// Whether the endpoint took it: it answered 2xx in time.
  public let isDelivered: Bool

  /// The status that it answered; `nil`: none.
  public let status: Int?

  /// For people: the status, or why there is none.
  public let words: String
}

/// Sends webhooks, one attempt at a time.
public struct WebhookClient: Sendable {
  private let lookup: HostLookup
  private let clients = PinnedClients()

  /// - Parameter networks: those that are not public and may be reached all the same.
  public init(networks: [NetworkBlock]) { self.init(networks: networks, resolve: NameLookups.resolve) }

  /// - Parameter resolve: finds all addresses of a name, as text; it may block.
  init(networks: [NetworkBlock], resolve: @escaping @Sendable (String) throws -> [String]) {
    lookup = HostLookup(networks: networks, names: NameLookups(resolve))
  }

  /// Sends a test.
  public func ping(_ endpoint: WebhookEndpoint, at now: Timestamp) async -> WebhookAnswer {
    let id = "ping-\(UUID().uuidString.lowercased())"
    do {
      return await send(try WebhookBody(pingAt: now, id: id).text(), event: id, delivery: id, to: endpoint, at: now)
    } catch {
      return WebhookAnswer(isDelivered: false, status: nil, words: "\(error)")
    }
  }

  /// Makes one attempt, which ends by `Limits.attempt`. The same `event` may be sent again; `delivery` names what one
  /// endpoint gets of it.
  func send(
    _ body: String, event: String, delivery: String, to endpoint: WebhookEndpoint, at now: Timestamp
  ) async -> WebhookAnswer {
    var request = HTTPClientRequest(url: endpoint.url)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.headers.add(name: "User-Agent", value: "penstock")
    request.headers.add(name: "webhook-id", value: event)
    request.headers.add(name: "webhook-timestamp", value: "\(WebhookSecret.seconds(of: now))")
    let signatures = endpoint.secrets.map { $0.signature(of: body, id: event, at: now) }
    request.headers.add(name: "webhook-signature", value: signatures.joined(separator: " "))
    request.headers.add(name: "penstock-delivery-id", value: delivery)
    request.body = .bytes(ByteBuffer(string: body))
    do {
      let late = HostLookup.Refusal(description: "no whole answer within \(Limits.attempt.components.seconds) s")
      return try await Patience.answer(within: Limits.attempt, late: late) { [request] in
        try await exchange(request, with: endpoint.url)
      }
    } catch {
      return WebhookAnswer(isDelivered: false, status: nil, words: Self.words(of: error))
    }
  }

  /// Closes its connections. Nothing is on its way any more.
  public func close() async { await clients.close() }

  private func exchange(_ request: HTTPClientRequest, with url: String) async throws -> WebhookAnswer {
    // As async-http-client takes it out of the URL: what it looks up in `dnsOverride`.
    guard let host = URL(string: url)?.host?.trimmingBrackets, !host.isEmpty else {
      throw HostLookup.Refusal(description: "the URL has no host")
    }
    let found = try await lookup.address(of: host)
    do {
      return try await send(request, to: found)
    } catch {
      lookup.isSilent(found)
      throw error
    }
  }

  private func send(_ request: HTTPClientRequest, to found: HostLookup.Found) async throws -> WebhookAnswer {
    try await clients.with(host: found.host, at: found.address) { client in
      let response = try await client.execute(request, deadline: .distantFuture)
      let status = Int(response.status.code)
      var read = 0
      for try await part in response.body {
        read += part.readableBytes
        // The rest is not read: its connection is closed.
        if read > Limits.answerBytes { break }
      }
      let isDelivered = (200..<300).contains(status)
      let location = response.headers.first(name: "Location").map { " to \($0.prefix(200))" } ?? ""
      let words = (300..<400).contains(status) ? "it redirects\(location), which is not followed" : "it answered"
      return WebhookAnswer(isDelivered: isDelivered, status: status, words: "\(words) (HTTP \(status))")
    }
  }

  private static func words(of error: any Error) -> String {
    switch error {
    case let error as HostLookup.Refusal: error.description
    case let error as HTTPClientError where error == .connectTimeout: "no connection in time"
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      "it closed the connection before the end of its answer"
    default: "no answer: \(error)"
    }
  }
}

extension String {
  /// An IPv6 address of a URL, without its brackets.
  fileprivate var trimmingBrackets: String { hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self }
}
