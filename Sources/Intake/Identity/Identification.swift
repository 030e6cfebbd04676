public import FlashSale
internal import HTTPServing

/// By what an intake knows who sends a request. With neither a gateway nor tokens, it believes `X-Buyer-Id` from
/// everybody, which is for development on one machine.
public struct Identification: Sendable {
  /// Whose `X-Buyer-Id` is believed; `nil`: nobody's, if there are tokens.
  public var gateways: [AddressBlock]?

  /// Whose tokens are believed; `nil`: nobody's.
  public var tokens: Tokens?

  /// Tokens by the keys of a file.
  public struct Tokens: Sendable {
    public var file: TokenKeyFile
    /// What the file had when it was read first.
    public var keys: TokenKeys
    public var rules: TokenRules

    /// Tokens by these keys, which the file is to replace when it changes.
    public init(file: TokenKeyFile, keys: TokenKeys, rules: TokenRules) {
      self.file = file
      self.keys = keys
      self.rules = rules
    }
  }

  /// Believes everybody.
  public init() {}

  /// Whether everybody may name the buyer, as in development.
  var believesEverybody: Bool { gateways == nil && tokens == nil }

  /// Whether `X-Buyer-Id` is believed from this peer.
  func believesField(of peer: ClientAddress?) -> Bool {
    guard let gateways else { return tokens == nil }
    return peer.map { peer in gateways.contains { $0.contains(peer) } } ?? false
  }
}

/// Who sends a request.
struct Caller: Sendable {
  let buyer: BuyerID
  /// What was shown; `nil`: the gateway's word.
  let token: VerifiedToken?
}

/// What a request says of who sends it, not checked yet.
struct CallerFields {
  /// `X-Buyer-Id`
  var buyer: UnsafeRawBufferPointer?
  /// `Authorization`
  var authorization: UnsafeRawBufferPointer?

  /// The token of `Bearer TOKEN` (RFC 6750 §2.1); `nil`: there is none.
  var token: UnsafeRawBufferPointer? {
    guard let authorization, authorization.count > 7, authorization[6] == UInt8(ascii: " "),
      zip(authorization, "bearer".utf8).allSatisfy({ $0 | 0x20 == $1 })
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: authorization[7...]).trimmingWhitespace
  }
}
