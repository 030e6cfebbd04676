internal import Accounts
internal import HTTPTypes
internal import Hummingbird
internal import Secrets

/// The cookies of the pages.
///
/// A session's is `HttpOnly` and `SameSite=Strict`. Over TLS it is `Secure`, and `__Host-` in its name keeps every
/// other host from setting it. Plain HTTP is for this machine only, where nobody listens on the way.
enum SessionCookie {
  /// What it is called.
  enum Kind: String, CaseIterable {
    case overTLS = "__Host-penstock"
    case onThisMachine = "penstock"
  }

  /// What the form of the sign-in page is bound to, before there is a session.
  static let form = "penstock-form"

  static let language = "penstock-language"

  static func begin(_ secret: AccessSecret, _ kind: Kind) -> String {
    text(kind.rawValue, secret.text.value, isSecure: kind == .overTLS)
  }

  static func end(_ kind: Kind) -> String { text(kind.rawValue, "", isSecure: kind == .overTLS) + "; Max-Age=0" }

  static func text(_ name: String, _ value: String, isSecure: Bool = false) -> String {
    "\(name)=\(value); Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
  }

  /// The first cookie of that name (RFC 6265 §5.4 puts the most specific one first).
  static func value(_ name: String, in request: Request) -> String? {
    for field in request.headers[values: .cookie] {
      for pair in field.split(separator: ";") {
        let pair = pair.drop { $0 == " " }
        if pair.hasPrefix("\(name)=") { return String(pair.dropFirst(name.utf8.count + 1)) }
      }
    }
    return nil
  }
}
