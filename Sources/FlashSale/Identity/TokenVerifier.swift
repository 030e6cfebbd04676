internal import FoundationEssentials
public import Time

/// What a token must say beside its buyer, or it is meant for somebody else.
public struct TokenRules: Hashable, Sendable {
  /// `iss`: who issued it.
  public var issuer: String

  /// One of `aud`: whom it is meant for.
  public var audience: String

  /// By how much the issuer's clock may differ from ours, either way.
  public var skew: Duration

  /// Creates the rules.
  public init(issuer: String, audience: String, skew: Duration) {
    self.issuer = issuer
    self.audience = audience
    self.skew = skew
  }
}

/// A token that was found to be right. It stays so from `validFrom` to `validUntil`, under the same keys.
public final class VerifiedToken: Sendable {
  /// `sub`
  public let buyer: BuyerID

  /// `nbf`, less the skew.
  public let validFrom: Timestamp

  /// The first instant at which it has expired: `exp`, and the skew.
  public let validUntil: Timestamp

  /// All that it says in texts, whole numbers, truth values and arrays of texts; of `scope`, each word (RFC 9068
  /// §2.2.3).
  public let claims: Set<TokenClaim>

  init(buyer: BuyerID, validFrom: Timestamp, validUntil: Timestamp, claims: Set<TokenClaim>) {
    self.buyer = buyer
    self.validFrom = validFrom
    self.validUntil = validUntil
    self.claims = claims
  }

  /// Throws `expired` or `notYetValid` outside of its time.
  public func check(at now: Timestamp) throws(TokenFault) {
    guard now < validUntil else { throw .expired }
    guard validFrom <= now else { throw .notYetValid }
  }
}

/// Checks buyers' tokens: JSON Web Tokens (RFC 7519) in the compact form (RFC 7515 §7.1). A value without a clock, safe
/// to share between threads.
public struct TokenVerifier: Sendable {
  private let keys: TokenKeys
  private let rules: TokenRules

  /// A verifier of tokens by these keys.
  public init(keys: TokenKeys, rules: TokenRules) {
    self.keys = keys
    self.rules = rules
  }

  /// What the token says, if it is right at `now`. Any bytes are allowed.
  ///
  /// The signature comes before the claims: nothing that a stranger wrote is looked at, but for the header's `alg` and
  /// `kid`.
  public func verify(_ token: UnsafeRawBufferPointer, at now: Timestamp) throws(TokenFault) -> VerifiedToken {
    guard token.count <= Limits.tokenBytes else { throw .tooLong }
    let dots = token.indices.filter { token[$0] == UInt8(ascii: ".") }
    guard dots.count == 2 else { throw .form }
    guard let header = Base64URL.decode(token[..<dots[0]]), !header.isEmpty,
      let claims = Base64URL.decode(token[(dots[0] + 1)..<dots[1]]), !claims.isEmpty,
      let signature = Base64URL.decode(token[(dots[1] + 1)...])
    else { throw .form }
    guard let said = TokenHeader(parsing: header) else { throw .header }
    guard ["HS256", "ES256", "RS256", "EdDSA"].contains(said.algorithm) else { throw .algorithm }
    guard let key = keys.key(named: said.key, algorithm: said.algorithm) else {
      // Of another algorithm than its key: somebody tries a public key as a secret, or has mixed them up.
      throw keys.hasKey(named: said.key) ? .algorithm : .key
    }
    let signed = UnsafeRawBufferPointer(rebasing: token[..<dots[1]])
    guard signature.withUnsafeBytes({ key.signed(signed, $0) }) else { throw .signature }
    guard let claims = TokenClaims(parsing: claims) else { throw .claims }
    return try verified(claims, at: now)
  }

  private func verified(_ claims: TokenClaims, at now: Timestamp) throws(TokenFault) -> VerifiedToken {
    guard claims.issuer == rules.issuer else { throw .issuer }
    guard claims.audiences.contains(rules.audience) else { throw .audience }
    guard let expiry = claims.expiry else { throw .noExpiry }
    guard let buyer = claims.subject.flatMap(BuyerID.init(rawValue:)) else { throw .subject }
    let token = VerifiedToken(
      buyer: buyer,
      validFrom: claims.notBefore?.after(.zero - rules.skew) ?? Timestamp(microseconds: .min),
      validUntil: expiry.after(rules.skew), claims: claims.others)
    try token.check(at: now)
    return token
  }
}

extension TokenKeys {
  /// Whether there is a key of this name, of whatever algorithm.
  fileprivate func hasKey(named id: String?) -> Bool {
    ["HS256", "ES256", "RS256", "EdDSA"].contains { key(named: id, algorithm: $0) != nil }
  }
}
