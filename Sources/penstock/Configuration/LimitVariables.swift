import FlashSale
import Intake

/// Reads what limits requests by who sends them: PENSTOCK_BUYER_LIMIT, PENSTOCK_ADDRESS_LIMIT and
/// PENSTOCK_TRUSTED_PROXIES.
enum LimitVariables {
  static func limits(from settings: inout Settings) -> RequestLimits {
    RequestLimits(perBuyer: limit(.buyerLimit, from: &settings), perAddress: limit(.addressLimit, from: &settings))
  }

  private static func limit(_ variable: Variable, from settings: inout Settings) -> RateLimit? {
    settings.value(
      variable, or: nil,
      expecting: """
        requests/seconds, as 20/10: 1 to \(FlashSale.Limits.rateRequests) in 1 to \(FlashSale.Limits.rateSeconds) s
        """
    ) { text in
      let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int32($0) }
      guard parts.count == 2, let requests = parts[0], let seconds = parts[1] else { return nil }
      return try RateLimit(requests: requests, perSeconds: seconds)
    }
  }

  static func proxies(from settings: inout Settings) -> TrustedProxies {
    settings.value(
      .trustedProxies, or: TrustedProxies(),
      expecting: "addresses or blocks of them, separated by commas, as 10.0.0.0/8,2001:db8::/32"
    ) { text in
      let blocks = text.split(separator: ",", omittingEmptySubsequences: false).map { entry in
        AddressBlock(String(entry.trimmingPrefix { $0 == " " }))
      }
      return blocks.contains(nil) ? nil : TrustedProxies(blocks.compactMap { $0 })
    }
  }
}
