import Crypto
import Foundation

/// The shop's bot service, as tests play it.
public enum BotService {
  /// Its word on a buyer.
  public static func verdict(sale: String, buyer: String, expires: Int64, secret: [UInt8]) -> String {
    let message = Data("penstock-verdict-1\n\(sale)\n\(buyer)\n\(expires)".utf8)
    let code = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: secret))
    return "\(expires).\(TokenIssuer.text(Data(code)))"
  }
}
