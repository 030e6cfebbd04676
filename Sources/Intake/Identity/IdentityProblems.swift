internal import FlashSale
internal import HTTPServing

extension Problem {
  /// A request without credentials gets a challenge without an error (RFC 6750 §3.1).
  static let tokenMissing = Problem(
    .unauthenticated, detail: "Authorization must be Bearer with the buyer's token.", field: "Authorization"
  ).with { $0.challenges = ["Bearer"] }

  static func invalidToken(_ fault: TokenFault) -> Problem {
    Problem(.invalidToken, detail: "The token \(fault.rawValue).", field: "Authorization")
      .with { $0.challenges = [#"Bearer error="invalid_token""#] }
  }

  /// The token is right, and does not say what the sale asks for.
  static func notEligible(_ claim: TokenClaim) -> Problem {
    Problem(.notEligible, detail: "The sale asks for a token whose \(claim.name) is \(claim.value).")
      .with { $0.challenges = [#"Bearer error="insufficient_scope""#] }
  }
}
