import FlashSale
import Foundation
import TestSupport
import Testing
import Time

/// Which tokens are believed, and why the others are not.
struct TokenTests {
  private static let now = Timestamp(microseconds: 1_800_000_000_000_000)
  private static let seconds = 1_800_000_000.0

  private func verifier(_ issuers: [TokenIssuer], skew: Duration = .seconds(30)) throws -> TokenVerifier {
    TokenVerifier(
      keys: try TokenKeys(parsing: Array(TokenIssuer.keySet(issuers))),
      rules: TokenRules(issuer: TokenIssuer.name, audience: TokenIssuer.audience, skew: skew))
  }

  private func verify(
    _ token: String, by verifier: TokenVerifier, at now: Timestamp = now
  ) -> Result<VerifiedToken, TokenFault> {
    Array(token.utf8).withUnsafeBytes { bytes in
      Result { () throws(TokenFault) in try verifier.verify(bytes, at: now) }
    }
  }

  private func fault(_ token: String, by verifier: TokenVerifier, at now: Timestamp = now) -> TokenFault? {
    if case .failure(let fault) = verify(token, by: verifier, at: now) { fault } else { nil }
  }

  private func claims(_ changes: [String: Any] = [:]) -> [String: Any] {
    TokenIssuer.claims("alice", now: Self.seconds, changes)
  }

  @Test(arguments: TokenIssuer.Algorithm.allCases)
  func `a token of each algorithm is believed, and one with any byte changed is not`(_ algorithm: TokenIssuer.Algorithm)
    throws
  {
    let issuer = try TokenIssuer(algorithm)
    let verifier = try verifier([issuer])
    let token = try issuer.token(
      claims(["group": ["staff", "early"], "vip": true, "level": 3, "scope": "buy presale"]))
    let verified = try verify(token, by: verifier).get()
    #expect(verified.buyer.rawValue == "alice")
    #expect(verified.validUntil == Timestamp(microseconds: Self.now.microseconds + 630_000_000))
    let said = Set(verified.claims.map { "\($0.name)=\($0.value)" })
    #expect(said == ["group=staff", "group=early", "vip=true", "level=3", "scope=buy", "scope=presale"])
    for index in stride(from: 0, to: token.utf8.count, by: 7) {
      var bytes = Array(token.utf8)
      bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "Q") : UInt8(ascii: "A")
      #expect(fault(String(decoding: bytes, as: UTF8.self), by: verifier) != nil, "byte \(index)")
    }
    for count in stride(from: 0, to: token.utf8.count, by: 11) {
      #expect(fault(String(token.prefix(count)), by: verifier) != nil, "cut at \(count)")
    }
    guard let pem = issuer.pem else { return }
    let alone = TokenVerifier(
      keys: try TokenKeys(parsing: Array(pem.utf8)),
      rules: TokenRules(issuer: TokenIssuer.name, audience: TokenIssuer.audience, skew: .zero))
    #expect(try verify(token, by: alone).get().buyer.rawValue == "alice")
  }

  @Test func `a token without a signature, or with one of another kind of key, is refused`() throws {
    let issuer = try TokenIssuer(.RS256)
    let other = try TokenIssuer(.ES256, id: "k2")
    let verifier = try verifier([issuer, other])
    for name in ["none", "None", "NONE", "HS384", "RS512", "PS256", ""] {
      #expect(fault(try issuer.token(claims(), header: ["alg": name]), by: verifier) == .algorithm, "\(name)")
    }
    let unsigned =
      TokenIssuer.text(Data(#"{"alg":"none"}"#.utf8)) + "."
      + TokenIssuer.text(try JSONSerialization.data(withJSONObject: claims())) + "."
    #expect(fault(unsigned, by: verifier) == .algorithm)
    // The public key as an HMAC's secret (RFC 8725 §2.1).
    #expect(fault(try issuer.confused(claims()), by: verifier) == .algorithm)
    #expect(fault(try issuer.token(claims(), header: ["alg": "ES256"]), by: verifier) == .algorithm)
    #expect(fault(try issuer.token(claims(), header: ["alg": "ES256", "kid": "k2"]), by: verifier) == .signature)
  }

  @Test func `the key is the one that the token names`() throws {
    let (first, second) = (try TokenIssuer(.ES256, id: "a"), try TokenIssuer(.ES256, id: "b"))
    let both = try verifier([first, second])
    #expect(fault(try first.token(claims()), by: both) == nil)
    #expect(fault(try second.token(claims()), by: both) == nil)
    #expect(fault(try first.token(claims(), header: ["kid": "b"]), by: both) == .signature)
    #expect(fault(try first.token(claims(), header: ["kid": "c"]), by: both) == .key)
    #expect(fault(try first.token(claims(), header: ["kid": NSNull()]), by: both) == .key)
    #expect(fault(try first.token(claims(), header: ["kid": NSNull()]), by: try verifier([first])) == nil)
    #expect(fault(try second.token(claims()), by: try verifier([first])) == .key)
  }

  private func changed(_ name: String, _ value: Any) -> [String: Any] { claims([name: value]) }

  @Test func `what the claims say is checked`() throws {
    let issuer = try TokenIssuer(.HS256)
    let verifier = try verifier([issuer])
    let seconds = Int(Self.seconds)
    let cases: [(String, Any, TokenFault?)] = [
      ("exp", seconds - 29, nil), ("exp", seconds - 30, .expired), ("exp", 0, .expired), ("exp", -1, .expired),
      ("exp", NSNull(), .noExpiry), ("exp", "1", .claims), ("exp", 1e30, .claims), ("exp", Self.seconds + 0.5, nil),
      ("nbf", seconds + 30, nil), ("nbf", seconds + 31, .notYetValid), ("nbf", NSNull(), nil),
      ("iss", "https://evil.example", .issuer), ("iss", NSNull(), .issuer), ("iss", ["x"], .claims),
      ("aud", "other", .audience), ("aud", ["other", "shop"], nil), ("aud", [Any](), .audience),
      ("aud", NSNull(), .audience), ("aud", 7, .audience), ("sub", NSNull(), .subject), ("sub", "", .subject),
      ("sub", "two words", .subject), ("sub", String(repeating: "b", count: 65), .subject), ("sub", 7, .claims),
    ]
    for (name, value, expected) in cases {
      #expect(fault(try issuer.token(changed(name, value)), by: verifier) == expected, "\(name): \(value)")
    }
    let exact = try self.verifier([issuer], skew: .zero)
    #expect(fault(try issuer.token(changed("exp", seconds)), by: exact) == .expired)
    #expect(fault(try issuer.token(changed("exp", seconds + 1)), by: exact) == nil)
  }

  @Test func `what is no token is refused, whatever it is`() throws {
    let issuer = try TokenIssuer(.HS256)
    let verifier = try verifier([issuer])
    let header: [String: Any] = ["alg": "HS256", "kid": "k1"]
    #expect(fault("", by: verifier) == .form)
    #expect(fault("a.b", by: verifier) == .form)
    #expect(fault("..", by: verifier) == .form)
    #expect(fault("a.b.c.d", by: verifier) == .form)
    #expect(fault("=.=.=", by: verifier) == .form)
    #expect(fault(String(repeating: ".", count: 4_000), by: verifier) == .form)
    #expect(fault(String(repeating: "a", count: 4_097), by: verifier) == .tooLong)
    #expect(fault(String(repeating: "a", count: 10_000), by: verifier) == .tooLong)
    #expect(fault(try issuer.token(claims(["pad": String(repeating: "a", count: 8_000)])), by: verifier) == .tooLong)
    #expect(fault(try issuer.token(claims(), header: ["crit": ["b64"], "b64": false]), by: verifier) == .header)
    #expect(fault(try issuer.token(claims(), header: ["alg": NSNull()]), by: verifier) == .header)
    #expect(fault(try issuer.token(claims(), header: ["alg": 256]), by: verifier) == .header)
    for text in [
      "", "[]", "{", "null", #"{"sub":"a","sub":"b"}"#, #"{"exp":1,"exp":9e9}"#, "{\"sub\":\"\u{0}\"}",
      String(repeating: "[", count: 2_000), #"{"a":"# + String(repeating: "[", count: 2_000),
    ] {
      let token = try issuer.token(header: header, claims: Data(text.utf8))
      #expect(fault(token, by: verifier) == (text.isEmpty ? .form : .claims), "\(text.prefix(20))")
    }
    // A key of more than one place: two headers with the same field.
    let twice = TokenIssuer.text(Data(#"{"alg":"HS256","alg":"none"}"#.utf8)) + ".e30.AA"
    #expect(fault(twice, by: verifier) == .header)
  }

  @Test func `random bytes are refused and nothing else`() throws {
    var random = SeededGenerator(seed: 15)
    let issuer = try TokenIssuer(.HS256)
    let verifier = try verifier([issuer])
    let right = Array(try issuer.token(claims()).utf8)
    for _ in 0..<3_000 {
      var bytes = right
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let at = Int.random(in: bytes.indices, using: &random)
        bytes[at] = UInt8.random(in: 0...255, using: &random)
      }
      if bytes != right { #expect(fault(String(decoding: bytes, as: UTF8.self), by: verifier) != nil) }
    }
  }
}

/// Files with keys, and what is wrong with them.
struct TokenKeysTests {
  private func problem(_ text: String) -> String? {
    do throws(ValidationError) {
      _ = try TokenKeys(parsing: Array(text.utf8))
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func `a set that is cut off anywhere is refused`() throws {
    let set = try TokenIssuer.keySet([try TokenIssuer(.ES256), try TokenIssuer(.HS256, id: "k2")])
    let text = String(decoding: set, as: UTF8.self)
    #expect(problem(text) == nil)
    for count in 0..<text.count { #expect(problem(String(text.prefix(count))) != nil, "cut at \(count)") }
  }

  @Test func `keys of other kinds and for other uses are passed over`() throws {
    let web = try TokenIssuer(.ES256).webKey()
    let others: [[String: String]] = [
      ["kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"], ["kty": "unheard"], ["kty": "RSA", "use": "enc"], [:],
      [
        "kty": "RSA", "use": "sig", "alg": "RS512", "n": TokenIssuer.text(Data(repeating: 0xFF, count: 256)),
        "e": "AQAB",
      ],
    ]
    let both = try JSONSerialization.data(withJSONObject: ["keys": others + [web], "more": 1])
    #expect(problem(String(decoding: both, as: UTF8.self)) == nil)
    let none = try JSONSerialization.data(withJSONObject: ["keys": others])
    #expect(problem(String(decoding: none, as: UTF8.self))?.contains("no key for HS256") == true)
  }

  @Test func `what is wrong with a key is said with its place`() throws {
    var web = try TokenIssuer(.ES256).webKey()
    web["y"] = TokenIssuer.text(Data(repeating: 1, count: 32))
    let cases: [(Any, String)] = [
      (["keys": [web]], "keys[0].x"), (["keys": [["kty": "oct", "k": "c2hvcnQ"]]], "keys[0].k"),
      (["keys": [["kty": "RSA", "n": "AQAB", "e": "AQAB"]]], "keys[0].n"), (["keys": 1], "keys"),
      ([String: Any](), "keys"),
      (["keys": [1]], "keys[0]"), (["keys": [["kty": 1]]], "keys[0].kty"),
    ]
    for (object, place) in cases {
      let text = String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
      #expect(problem(text)?.hasPrefix("\(place): ") == true, "\(text): \(problem(text) ?? "nothing")")
    }
    #expect(problem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")?.contains("PEM") == true)
    #expect(problem(#"{"keys":[],"keys":[]}"#)?.contains("twice") == true)
    let many = try (0...Limits.tokenKeys).map { try TokenIssuer(.HS256, id: "\($0)") }
    let text = String(decoding: try TokenIssuer.keySet(many), as: UTF8.self)
    #expect(problem(text)?.contains("more than 16") == true)
  }
}
