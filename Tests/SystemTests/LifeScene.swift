import FlashSale
import Foundation
import TestSupport
import Testing

/// A sale with holds, of one phone unless a test says otherwise, between real processes: an admin, a worker, and as
/// many intakes as a test asks for.
struct LifeScene {
  static let phone = #"{"sku":"phone","stock":1,"price_minor":19900,"currency":"CNY"}"#
  private static let webhookKey = [UInt8](repeating: 0x6b, count: 16)

  /// The first intake's, and all of them.
  var http: URL { doors[0] }
  let doors: [URL]
  let admin: URL
  let environment: [String: String]

  /// Starts everything, lends it to `body`, and ends it.
  ///
  /// - Parameters:
  ///   - seconds: how long what is won is held.
  ///   - items: what is sold, as the API takes it.
  ///   - isTold: whether a relay runs that may send webhooks to this machine.
  static func with(
    holds seconds: Int = 3, items: String = phone, intakes: Int = 1, isTold: Bool = false,
    _ body: (LifeScene) async throws -> Void
  ) async throws {
    try await Shop.with(partitions: 2) { shop, _ in
      let admin = try await shop.start("admin")
      let keys = webhookKey.map { String($0, radix: 16) }.joined()
      var doors: [URL] = []
      for _ in 0..<intakes {
        let intake = try await shop.start("intake", environment: ["PENSTOCK_PAYMENT_WEBHOOK_KEYS": keys])
        doors.append(try #require(intake.http))
      }
      _ = try await shop.start("worker")
      if isTold {
        _ = try await shop.start("relay", environment: ["PENSTOCK_WEBHOOK_NETWORKS": "127.0.0.0/8"])
      }
      let scene = LifeScene(doors: doors, admin: admin.admin, environment: shop.environment)
      let start = Date.now.addingTimeInterval(-60)
      let sale = """
        {"id":"held","name":"Held","starts_at":"\(start.formatted(.iso8601))",
         "ends_at":"\(start.addingTimeInterval(3_600).formatted(.iso8601))","per_buyer_limit":2,
         "holds":{"seconds":\(seconds),"extend":{"times":1,"seconds":60},
          "waitlist":{"offer_seconds":60,"least_seconds":1}},
         "items":[\(items)]}
        """
      #expect(try await scene.administer("sales", sale).status == 201)
      for door in doors {
        #expect(
          try await eventually(within: .seconds(10)) {
            try await HTTP.get(door.appending(path: "v1/sales/held")).status == 200
          })
      }
      try await body(scene)
    }
  }

  // MARK: The buyer

  func order(_ buyer: String, _ body: String = #"{"sku":"phone","quantity":1}"#) async throws -> HTTP.Answer {
    try await HTTP.post(
      http.appending(path: "v1/sales/held/orders"), headers: ["X-Buyer-Id": buyer], body: Data(body.utf8))
  }

  func status(_ id: String, _ buyer: String) async throws -> HTTP.Answer {
    try await HTTP.get(http.appending(path: "v1/orders/\(id)"), headers: ["X-Buyer-Id": buyer])
  }

  func becomes(_ state: String, _ id: String, _ buyer: String) async throws -> Bool {
    try await eventually(within: .seconds(10)) {
      try await status(id, buyer).json("status") as? String == state
    }
  }

  func post(
    _ path: String, _ body: String = "{}", buyer: String? = nil, key: String? = nil, headers: [String: String] = [:],
    at door: Int = 0
  ) async throws -> HTTP.Answer {
    var headers = headers
    headers["X-Buyer-Id"] = buyer
    headers["Idempotency-Key"] = key
    // What is slow here is no finding of these tests.
    let url = doors[door].appending(path: path).appending(queryItems: [URLQueryItem(name: "wait", value: "20s")])
    return try await HTTP.post(url, headers: headers, body: Data(body.utf8))
  }

  // MARK: Money

  private static func capture(_ payment: String, _ minor: Int, _ currency: String, _ more: String) -> String {
    #"{"payment_id":"\#(payment)","amount_minor":\#(minor),"currency":"\#(currency)"\#(more)}"#
  }

  /// Tells of a capture as the shop does.
  func pay(
    _ id: String, _ payment: String, _ minor: Int, _ currency: String = "CNY", payer: String? = nil
  ) async throws -> HTTP.Answer {
    let payer = payer.map { #","buyer":"\#($0)""# } ?? ""
    return try await post("v1/orders/\(id)/payments", Self.capture(payment, minor, currency, payer))
  }

  /// Tells of a capture as the provider does.
  ///
  /// - Parameter seconds: since 1970; by default now.
  func notice(
    of id: String, _ payment: String, _ minor: Int, _ currency: String = "CNY", named name: String = "n",
    sentAt seconds: Int64? = nil, at door: Int = 0
  ) async throws -> HTTP.Answer {
    let checker = try WebhookChecker(secrets: [Self.webhookKey])
    let body = Self.capture(payment, minor, currency, #","order_id":"\#(id)""#)
    let seconds = seconds ?? Int64(Date.now.timeIntervalSince1970)
    let signature = Array(body.utf8).withUnsafeBytes { checker.sign(id: name, timestamp: seconds, body: $0) }
    return try await post(
      "v1/webhooks/payments", body,
      headers: ["Webhook-Id": name, "Webhook-Timestamp": "\(seconds)", "Webhook-Signature": signature], at: door)
  }

  // MARK: The operator

  /// Runs `penstock order`.
  func order(_ arguments: [String]) async throws -> (exit: PenstockProcess.Exit, output: String, errors: String) {
    try await PenstockProcess.run(
      "penstock", ["order"] + arguments, environment: environment.merging(["PENSTOCK_ADMIN_URL": "\(admin)"]) { $1 })
  }

  private static let operatorFields = ["Authorization": "Bearer \(Shop.adminToken)", "X-Admin-Name": "mia"]

  func administer(_ path: String, _ body: String, key: String? = nil) async throws -> HTTP.Answer {
    var headers = Self.operatorFields
    headers["Idempotency-Key"] = key
    return try await HTTP.post(admin.appending(path: "admin/api/\(path)"), headers: headers, body: Data(body.utf8))
  }

  /// Asks the admin API for something.
  func ask(_ path: String) async throws -> HTTP.Answer {
    let url = try #require(URL(string: "admin/api/\(path)", relativeTo: admin))
    return try await HTTP.get(url.absoluteURL, headers: Self.operatorFields)
  }

  /// Everything that the admin API knows of an order.
  func history(of id: String) async throws -> HTTP.Answer { try await ask("orders/\(id)") }
}
