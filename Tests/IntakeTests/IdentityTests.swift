import FlashSale
import Foundation
import HTTPServing
import NIOCore
import TestSupport
import Testing
import Time

@testable import Intake

/// By what an intake knows who asks, over its listener.
@Suite(.timeLimit(.minutes(3))) struct IdentityTests {
  /// A file of keys in a folder of its own.
  private final class KeyFile: Sendable {
    let url = FileManager.default.temporaryDirectory.appending(path: "penstock-keys-\(UUID().uuidString).json")
    init(_ issuers: [TokenIssuer]) throws { try write(TokenIssuer.keySet(issuers)) }
    deinit { try? FileManager.default.removeItem(at: url) }
    func write(_ data: Data) throws { try data.write(to: url) }

    var identification: Identification {
      get throws {
        let file = TokenKeyFile(path: url.path)
        var identification = Identification()
        identification.tokens = Identification.Tokens(
          file: file, keys: try file.read(),
          rules: TokenRules(issuer: TokenIssuer.name, audience: TokenIssuer.audience, skew: .seconds(30)))
        return identification
      }
    }
  }

  private static func claims(_ buyer: String, _ changes: [String: Any] = [:]) -> [String: Any] {
    TokenIssuer.claims(buyer, now: Double(Timestamp.now.microseconds / 1_000_000), changes)
  }

  /// An order with a token instead of the gateway's field.
  private static func order(_ token: String, sale: String = "double11", key: String? = nil, more: String = "") -> String
  {
    RunningIntake.orderRequest(sale: sale, buyer: nil, key: key)
      .replacing("Host: test\r\n", with: "Host: test\r\nAuthorization: \(token)\r\n\(more)")
  }

  /// As `order`, by the reader of all forms.
  private static func unusual(_ request: String) -> String { request.replacing("/v1/sales/", with: "/v1/s%61les/") }

  @Test func `a client with a token cannot say herself what her order counts for`() async throws {
    let issuer = try TokenIssuer(.ES256)
    let file = try KeyFile([issuer])
    var shaping = SaleShaping()
    shaping.subjects = try SubjectLimits([SubjectKind(unchecked: "card"): Units(2)])
    try await RunningIntake.with(sales: [try .open(shaping: shaping)]) {
      $0.configure = { $0.identification = (try? file.identification) ?? Identification() }
    } _: { intake in
      let token = try issuer.token(Self.claims("alice"))
      let request = Self.order("Bearer \(token)", more: "X-Limit-Subjects: card=another\r\n")
      for request in [request, Self.unusual(request)] {
        let answer = try await intake.send(request)
        #expect(answer.status == 403 && answer.code == "subject_required", "\(answer.text)")
      }
    }
  }

  @Test func `a buyer's token names the buyer, for the order and for its status`() async throws {
    let issuer = try TokenIssuer(.ES256)
    let file = try KeyFile([issuer])
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.identification = (try? file.identification) ?? Identification() }
    } _: { intake in
      let token = try issuer.token(Self.claims("alice"))
      let request = Self.order("Bearer \(token)", key: "k")
      let first = try await intake.send(request)
      #expect(first.status == 202, "\(first.text)")
      for again in [request, Self.unusual(request), request.replacing("Bearer", with: "bearer ")] {
        let answer = try await intake.send(again)
        #expect(answer.status == 202 && answer.string("order_id") == first.string("order_id"), "\(answer.text)")
      }
      #expect(try await intake.records().allSatisfy { $0.request?.buyer.rawValue == "alice" })
      let path = "/v1/orders/\(first.string("order_id") ?? "")?ticket=\(first.string("ticket") ?? "")"
      for path in [path, path.replacing("/v1/", with: "/v%31/")] {
        func ask(_ field: String) async throws -> RawClient.Answer {
          try await intake.send("GET \(path) HTTP/1.1\r\nHost: test\r\n\(field)\r\n")
        }
        #expect(try await ask("Authorization: Bearer \(token)\r\n").status == 200)
        let stranger = try issuer.token(Self.claims("bob"))
        #expect(try await ask("Authorization: Bearer \(stranger)\r\n").code == "bad_ticket")
        #expect(try await ask("").headers["www-authenticate"] == "Bearer")
        // Who watches an order is asked the same.
        let events = path.replacing("?ticket", with: "/events?ticket")
        func watch(_ field: String) async throws -> RawClient.Answer {
          try await intake.send("GET \(events) HTTP/1.1\r\nHost: test\r\n\(field)\r\n")
        }
        let stream = try await watch("Authorization: Bearer \(token)\r\n")
        #expect(stream.status == 200 && stream.headers["content-type"] == "text/event-stream")
        #expect(try await watch("Authorization: Bearer \(stranger)\r\n").code == "bad_ticket")
        #expect(try await watch("X-Buyer-Id: alice\r\n").code == "unauthenticated")
        // Nobody is a gateway here.
        #expect(try await ask("X-Buyer-Id: alice\r\n").code == "unauthenticated")
      }
    }
  }

  @Test func `each wrong token hears what is wrong with it, read either way`() async throws {
    let (issuer, stranger) = (try TokenIssuer(.RS256), try TokenIssuer(.RS256))
    let file = try KeyFile([issuer])
    let right = try issuer.token(Self.claims("alice"))
    let cases: [(String, String, String)] = try [
      ("no token", "", "unauthenticated"), ("another scheme", "Basic YTpi", "unauthenticated"),
      ("only the scheme", "Bearer", "unauthenticated"), ("nothing behind it", "Bearer x", "invalid_token"),
      ("a forged one", "Bearer \(stranger.token(Self.claims("alice")))", "invalid_token"),
      ("one of an unknown key", "Bearer \(issuer.token(Self.claims("alice"), header: ["kid": "k9"]))", "invalid_token"),
      ("an unsigned one", "Bearer \(issuer.token(Self.claims("alice"), header: ["alg": "none"]))", "invalid_token"),
      ("one by the public key", "Bearer \(issuer.confused(Self.claims("alice")))", "invalid_token"),
      ("an expired one", "Bearer \(issuer.token(Self.claims("alice", ["exp": 1])))", "invalid_token"),
      ("one for others", "Bearer \(issuer.token(Self.claims("alice", ["aud": "x"])))", "invalid_token"),
      ("one of others", "Bearer \(issuer.token(Self.claims("alice", ["iss": "x"])))", "invalid_token"),
      ("a truncated one", "Bearer \(right.dropLast(9))", "invalid_token"),
      ("one of 5 kB", "Bearer \(String(repeating: "a", count: 5_000))", "invalid_token"),
      ("one with a name that is none", "Bearer \(issuer.token(Self.claims("a b")))", "invalid_token"),
    ]
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.identification = (try? file.identification) ?? Identification() }
    } _: { intake in
      for (what, value, code) in cases {
        for request in [Self.order(value), Self.unusual(Self.order(value))] {
          // The name that a client gives itself counts for nothing.
          let named = request.replacing("Host: test", with: "Host: test\r\nX-Buyer-Id: alice")
          let answer = try await intake.send(named)
          #expect(answer.status == 401 && answer.code == code, "\(what): \(answer.text)")
          let challenge = code == "invalid_token" ? #"Bearer error="invalid_token""# : nil
          if let challenge { #expect(answer.headers["www-authenticate"] == challenge, "\(what)") }
        }
      }
      // More than a header field may have is refused before anybody looks into it.
      let long = try await intake.send(Self.order("Bearer \(String(repeating: "a", count: 10_000))"))
      #expect(long.code == "headers_too_large", "\(long.text)")
      let twice = try await intake.send(Self.order("Bearer \(right)\r\nAuthorization: Bearer \(right)"))
      #expect(twice.code == "invalid_header", "\(twice.text)")
      #expect(try await intake.records().isEmpty)
    }
  }

  @Test func `a sale for some asks the signed claim`() async throws {
    let issuer = try TokenIssuer(.HS256)
    let file = try KeyFile([issuer])
    try await RunningIntake.with(sales: [try .open(), try .forMembers()]) {
      $0.configure = { $0.identification = (try? file.identification) ?? Identification() }
    } _: { intake in
      let member = "Bearer \(try issuer.token(Self.claims("alice", ["tier": ["gold", "early"]])))"
      let other = "Bearer \(try issuer.token(Self.claims("bob", ["tier": "silver"])))"
      for spelling in [{ $0 }, Self.unusual] as [(String) -> String] {
        #expect(try await intake.send(spelling(Self.order(member, sale: "members"))).status == 202)
        #expect(try await intake.send(spelling(Self.order(other))).status == 202)
        let refused = try await intake.send(spelling(Self.order(other, sale: "members")))
        #expect(refused.status == 403 && refused.code == "not_eligible", "\(refused.text)")
        #expect(refused.headers["www-authenticate"] == #"Bearer error="insufficient_scope""#)
      }
    }
  }

  @Test func `only the gateway's addresses name a buyer by the field`() async throws {
    for (range, isBelieved) in [("127.0.0.0/8", true), ("10.0.0.0/8", false)] {
      let gateways = try [#require(AddressBlock(range))]
      try await RunningIntake.with(sales: [try .open()]) {
        $0.configure = { $0.identification.gateways = gateways }
      } _: { intake in
        let request = RunningIntake.orderRequest()
        for request in [request, Self.unusual(request)] {
          let answer = try await intake.send(request)
          #expect(answer.status == (isBelieved ? 202 : 401), "\(answer.text)")
          if !isBelieved { #expect(answer.string("detail")?.contains("gateway") == true, "\(answer.text)") }
        }
      }
    }
  }

  @Test func `keys are replaced while it runs, and a file that is half written keeps those of before`() async throws {
    let (old, new) = (try TokenIssuer(.ES256, id: "old"), try TokenIssuer(.EdDSA, id: "new"))
    let file = try KeyFile([old])
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.identification = (try? file.identification) ?? Identification() }
    } _: { intake in
      let first = Self.order("Bearer \(try old.token(Self.claims("alice")))")
      let second = Self.order("Bearer \(try new.token(Self.claims("alice")))")
      #expect(try await intake.send(first).status == 202)
      #expect(try await intake.send(second).code == "invalid_token")

      let set = try TokenIssuer.keySet([new])
      try file.write(set.prefix(set.count / 2))
      #expect(try await eventually { intake.service.status.reasons.contains { $0.contains("keys of tokens") } })
      #expect(intake.service.status.isReady)
      #expect(try await intake.send(first).status == 202)

      try file.write(set)
      #expect(try await eventually { try await intake.send(second).status == 202 })
      #expect(try await eventually { intake.service.status.reasons.isEmpty })
      // What was believed by a key that is gone is not believed any more, also not from memory.
      #expect(try await eventually { try await intake.send(first).code == "invalid_token" })
      #expect(try await intake.send(Self.unusual(first)).code == "invalid_token")
    }
  }

  @Test func `keys that are replaced between its start and its first connection count`() async throws {
    let (old, new) = (try TokenIssuer(.ES256, id: "old"), try TokenIssuer(.EdDSA, id: "new"))
    let file = try KeyFile([old])
    let identification = try file.identification
    try file.write(TokenIssuer.keySet([new]))
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.identification = identification }
    } _: { intake in
      let first = Self.order("Bearer \(try old.token(Self.claims("alice")))")
      let second = Self.order("Bearer \(try new.token(Self.claims("alice")))")
      #expect(try await eventually { try await intake.send(second).status == 202 })
      #expect(try await intake.send(first).code == "invalid_token")
    }
  }

  @Test func `blocks of addresses are read strictly`() throws {
    func address(_ text: String) throws -> ClientAddress {
      try #require(ClientAddress(SocketAddress(ipAddress: text, port: 1)))
    }
    for (text, inside, outside) in [
      ("10.1.0.0/16", "10.1.255.3", "10.2.0.1"), ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
      ("10.0.0.128/25", "10.0.0.129", "10.0.0.1"), ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
      ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"), ("::1", "::1", "127.0.0.1"),
      ("10.0.0.0/8", "::ffff:10.2.3.4", "::ffff:11.2.3.4"),
    ] {
      let range = try #require(AddressBlock(text))
      #expect(range.contains(try address(inside)), "\(text) \(inside)")
      #expect(!range.contains(try address(outside)), "\(text) \(outside)")
    }
    for text in [
      "", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/", "10.0/8", "fd00::/129", "shop", "/8",
      "10.0.0.0/8/8", "fd00::1/64",
    ] {
      #expect(AddressBlock(text) == nil, "\(text)")
    }
  }

  @Test func `the cache is bounded, finds by all bytes, and keeps what is used`() throws {
    let issuer = try TokenIssuer(.HS256)
    let verifier = TokenVerifier(
      keys: try TokenKeys(parsing: Array(TokenIssuer.keySet([issuer]))),
      rules: TokenRules(issuer: TokenIssuer.name, audience: TokenIssuer.audience, skew: .zero))
    func bytes(_ buyer: String) throws -> [UInt8] { Array(try issuer.token(Self.claims(buyer)).utf8) }
    var cache = TokenCache(bytes: 100_000)
    let faithful = try bytes("faithful")
    for number in 0..<1_000 {
      let token = number == 0 ? faithful : try bytes("buyer-\(number)")
      try token.withUnsafeBytes { cache.insert($0, try verifier.verify($0, at: .now)) }
      #expect(faithful.withUnsafeBytes { cache.find($0)?.buyer.rawValue } == "faithful")
    }
    #expect(cache.count < 120)
    var changed = faithful
    changed[changed.count - 1] ^= 1
    #expect(changed.withUnsafeBytes { cache.find($0) } == nil)
    cache.removeAll()
    #expect(faithful.withUnsafeBytes { cache.find($0) } == nil)
  }
}

extension Sale {
  /// An open sale for those whose token has `tier` `gold`.
  fileprivate static func forMembers() throws -> Sale {
    let open = try Sale.open("members")
    let shaping = try Array(#"{"claim":{"name":"tier","value":"gold"}}"#.utf8).withUnsafeBytes {
      try SaleShaping(parsing: $0)
    }
    return try Sale(
      id: open.id, name: open.name, startsAt: open.startsAt, endsAt: open.endsAt, perBuyerLimit: open.perBuyerLimit,
      shaping: shaping, items: open.items)
  }
}
