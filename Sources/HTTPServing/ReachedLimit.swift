public import FlashSale
internal import NIOCore

/// A rate limit that a request was one too many for, as `RateLimit-Policy` and `RateLimit` tell it
/// (draft-ietf-httpapi-ratelimit-headers-10).
public struct ReachedLimit: Sendable {
  /// Of what the limit is: `buyer` or `address`.
  public let name: StaticString
  public let limit: RateLimit
  /// Until a request is taken again, rounded up.
  public let seconds: Int

  public init(_ name: StaticString, _ limit: RateLimit, seconds: Int) {
    self.name = name
    self.limit = limit
    self.seconds = seconds
  }

  /// An item with the parameters quota (`q`) and window (`w`): what is allowed.
  var policy: String { "\"\(name)\";q=\(limit.requests);w=\(limit.perSeconds)" }

  /// An item with the parameters remaining (`r`) and reset (`t`): what is left of it.
  var state: String { "\"\(name)\";r=0;t=\(seconds)" }

  func write(to answer: inout ByteBuffer) {
    answer.write("\r\nRateLimit-Policy: ")
    answer.writeString(policy)
    answer.write("\r\nRateLimit: ")
    answer.writeString(state)
  }
}
