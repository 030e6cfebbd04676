import FlashSale
import Intake

/// Reads what says by what an intake knows who asks: PENSTOCK_TRUSTED_GATEWAYS and PENSTOCK_TOKEN_….
enum IdentityVariables {
  /// How an intake knows its callers. If that is needed, reads the file of keys, so that a wrong one ends the start.
  static func identification(from settings: inout Settings, isNeeded: Bool) -> Identification {
    var identification = Identification()
    let none: [AddressBlock]? = nil
    identification.gateways = settings.value(
      .trustedGateways, or: none,
      expecting: "addresses or CIDR blocks, as 10.0.0.0/24,fd00::/64, without bits behind them"
    ) { text in
      let blocks = text.split(separator: ",", omittingEmptySubsequences: false)
        .map { AddressBlock(String($0.trimmingPrefix { $0 == " " })) }
      return blocks.contains(nil) ? nil : .some(blocks.compactMap { $0 })
    }
    identification.tokens = tokens(from: &settings, isNeeded: isNeeded)
    return identification
  }

  private static func tokens(from settings: inout Settings, isNeeded: Bool) -> Identification.Tokens? {
    let skew = settings.number(.tokenSkew, or: 30, in: 0...300)
    guard let path = settings.text(.tokenKeys) else {
      for variable in [Variable.tokenIssuer, .tokenAudience] where settings.text(variable) != nil {
        settings.refuse("\(variable.rawValue) is set, and \(Variable.tokenKeys.rawValue) is not: no token is believed")
      }
      return nil
    }
    let rules = TokenRules(
      issuer: settings.required(.tokenIssuer), audience: settings.required(.tokenAudience), skew: .seconds(skew))
    guard isNeeded else { return nil }
    let file = TokenKeyFile(path: path)
    do throws(ValidationError) {
      return Identification.Tokens(file: file, keys: try file.read(), rules: rules)
    } catch {
      settings.refuse("\(Variable.tokenKeys.rawValue) \(path): \(error.field): \(error.reason)")
      return nil
    }
  }

  /// Refuses an intake that strangers reach and that would believe whatever name they give.
  static func check(_ identification: Identification, at address: ListenAddress, _ settings: inout Settings) {
    guard !address.isLoopback, identification.gateways == nil, settings.text(.tokenKeys) == nil else { return }
    settings.refuse(
      """
      \(Variable.http.rawValue) is not loopback, and nothing says who may name the buyer: set \
      \(Variable.trustedGateways.rawValue) to the addresses of the gateway that sets X-Buyer-Id, or \
      \(Variable.tokenKeys.rawValue) to the file with the keys of buyers' tokens
      """)
  }
}
