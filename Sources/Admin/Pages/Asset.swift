internal import Crypto
internal import FlashSale
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// A file that pages load. Its name has the digest of what is in it, so that a browser keeps it for good, and gets
/// another one with the next version.
struct Asset: Sendable {
  let name: String
  let type: String
  let text: String

  static let stylesheet = Asset("console", "css", "text/css; charset=utf-8", Stylesheet.text)
  static let script = Asset("console", "js", "text/javascript; charset=utf-8", Script.text)
  static let liveScript = Asset("live", "js", "text/javascript; charset=utf-8", LiveScript.text)
  static let reportScript = Asset("report", "js", "text/javascript; charset=utf-8", ReportScript.text)
  static let icon = Asset("icon", "svg", "image/svg+xml", Self.iconText)

  private static let iconText = """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#12a06e" \
    d="M2 2h12v3H2zM4 6h8v2H4zM6 9h4v5H6z"/></svg>
    """

  static let all = [stylesheet, script, liveScript, reportScript, icon]

  var path: String { "/admin/assets/\(name)" }

  private init(_ name: String, _ ending: String, _ type: String, _ text: String) {
    let digest = Hexadecimal.text(SHA256.hash(data: Array(text.utf8)).prefix(8))
    self.name = "\(name)-\(digest).\(ending)"
    self.type = type
    self.text = text
  }

  var response: Response {
    Response(
      status: .ok, headers: [.contentType: type, .cacheControl: "public, max-age=31536000, immutable"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}

/// What a browser is told beside each page.
enum PageSecurity {
  /// Only our own files are loaded, nothing inline runs, nobody frames the page, and forms go here only.
  static let contentSecurityPolicy = """
    default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'
    """

  /// No other site learns of our paths. Our own forms need their `Origin`, which `no-referrer` would make `null`.
  static let headers: [(name: String, value: String)] = [
    ("Content-Security-Policy", contentSecurityPolicy), ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"), ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
  ]
}
