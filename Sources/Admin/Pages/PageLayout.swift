internal import Crypto
internal import FoundationEssentials
internal import HTTPServing

/// The common parts of all pages: head, stylesheet, title bar.
enum PageLayout {
  /// A whole page. With `refresh` the browser asks again after `Limits.pageRefresh`.
  static func html(title: String, refresh: Bool, _ content: HTML) -> HTML {
    let seconds = Limits.pageRefresh.components.seconds
    let meta: HTML = refresh ? "<meta http-equiv=\"refresh\" content=\"\(plain: seconds)\">" : ""
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="referrer" content="no-referrer">
      \(meta)
      <title>\(title) · Penstock</title>
      <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
      viewBox='0 0 16 16'%3E%3Cpath d='M2 2h12v3H2zM4 6h8v2H4zM6 9h4v5H6z' fill='%2312a06e'/%3E%3C/svg%3E">
      <style>\(Stylesheet.html)</style>
      </head>
      <body>
      <header class="top"><a href="/admin"><svg class="logo" viewBox="0 0 16 16" aria-hidden="true">\
      <path d="M2 2h12v3H2zM4 6h8v2H4zM6 9h4v5H6z"/></svg>Penstock</a></header>
      <main>
      \(content)
      </main>
      </body>
      </html>

      """
  }

  /// Nothing may be loaded, run, framed or sent; the stylesheet and the icon are allowed, by digest and by scheme.
  static let contentSecurityPolicy: String = {
    let digest = Data(SHA256.hash(data: Data(Stylesheet.html.text.utf8))).base64EncodedString()
    return """
      default-src 'none'; style-src 'sha256-\(digest)'; img-src data:; base-uri 'none'; form-action 'none'; \
      frame-ancestors 'none'
      """
  }()

  /// A coloured word for a sale's status.
  static func pill(_ status: String) -> HTML { "<span class=\"pill \(status)\">\(status)</span>" }

  /// A horizontal bar of which `share` (0 to 1) is filled.
  static func bar(_ share: Double, over: Bool = false) -> HTML {
    let width = min(max(share, 0), 1) * 100
    let fill: HTML = over ? "quarantined" : "confirmed"
    return """
      <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">\
      <rect class="track" width="100" height="8"/><rect class="\(fill)" width="\(length: width)" height="8"/></svg>
      """
  }
}

/// The page of an answer other than success.
enum ProblemPage {
  static func html(_ problem: Problem) -> HTML {
    let title = "\(problem.code.title)"
    return PageLayout.html(
      title: title, refresh: false,
      """
      <section class="card"><h1>\(title)</h1><p>\(problem.detail ?? "")</p>\
      <p class="soft"><code>\("\(problem.code.name)")</code> · <a href="/admin">all sales</a></p></section>
      """)
  }
}
