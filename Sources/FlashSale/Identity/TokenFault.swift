/// A fault of a token. The raw value is a clause for the client that sent it.
public enum TokenFault: String, Error, Sendable, CaseIterable {
  case tooLong = "is longer than 4096 bytes"
  case form = "is no signed JSON Web Token: header, claims and signature in base64url, with dots between them"
  case header = "has a header that cannot be read, or with extensions (crit) that are not known here"
  case algorithm = "must be signed with HS256, ES256, RS256 or EdDSA, by the algorithm of its key"
  case key = "is signed with a key that is not known here, or does not say with which (kid)"
  case signature = "has a signature that is not its key's"
  case claims = "has claims that cannot be read, or are there twice"
  case noExpiry = "does not say until when it is valid (exp)"
  case expired = "has expired (exp)"
  case notYetValid = "is not valid yet (nbf)"
  case issuer = "comes from another issuer (iss)"
  case audience = "is meant for somebody else (aud)"
  case subject = "must name the buyer (sub) by 1 to 64 visible ASCII characters"
}
