import FlashSale
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A client that sends exactly what a test says and reads no faster than the test does.
struct Client: Sendable {
  let port: Int

  /// Sent as a bearer token, unless a call brings its own `Authorization`.
  let token: String?

  struct Answer: Sendable {
    var status = 0
    var headers = HTTPHeaders()
    var body = Data()

    /// The first field of a name, in any case.
    func header(_ name: String) -> String? { headers.first(name: name) }

    /// All fields of a name.
    func headers(_ name: String) -> [String] { headers[name] }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// A value of the JSON body by its path.
    func json(_ path: String...) -> Any? {
      path.reduce(try? JSONSerialization.jsonObject(with: body)) { ($0 as? [String: Any])?[$1] }
    }

    func string(_ path: String...) -> String? {
      path.reduce(try? JSONSerialization.jsonObject(with: body)) { ($0 as? [String: Any])?[$1] } as? String
    }
  }

  func get(_ path: String, headers: [(String, String)] = []) async throws -> Answer {
    try await send("GET", path, headers: headers)
  }

  func post(_ path: String, json: String) async throws -> Answer {
    try await send("POST", path, headers: [("Content-Type", "application/json")], body: Data(json.utf8))
  }

  func send(
    _ method: String, _ path: String, headers: [(String, String)] = [], body: Data = Data()
  ) async throws -> Answer {
    let parts = Parts()
    try await exchange(method, path, headers: headers, body: body) { await parts.add($0) }
    return await parts.answer
  }

  /// Sends a request on a connection of its own and hands over the answer part by part; the next one is not read before
  /// `onPart` returned. A small receive buffer keeps what the kernel takes in meanwhile small.
  func exchange(
    _ method: String, _ path: String, headers: [(String, String)] = [], body: Data = Data(),
    onPart: (HTTPClientResponsePart) async throws -> Void
  ) async throws {
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelOption(.socketOption(.so_rcvbuf), value: 64 << 10)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
            wrappingChannelSynchronously: channel)
        }
      }
    var fields = HTTPHeaders(headers)
    if !fields.contains(name: "Host") { fields.add(name: "Host", value: "127.0.0.1:\(port)") }
    if let token, !fields.contains(name: "Authorization") {
      fields.add(name: "Authorization", value: "Bearer \(token)")
    }
    if !body.isEmpty { fields.add(name: "Content-Length", value: "\(body.count)") }
    let head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path, headers: fields)
    try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(.head(head))
      if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
      try await outbound.write(.end(nil))
      for try await part in inbound {
        try await onPart(part)
        if case .end = part { return }
      }
    }
  }

  private actor Parts {
    var answer = Answer()

    func add(_ part: HTTPClientResponsePart) {
      switch part {
      case .head(let head): (answer.status, answer.headers) = (Int(head.status.code), head.headers)
      case .body(let buffer): answer.body.append(contentsOf: buffer.readableBytesView)
      case .end: break
      }
    }
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
