internal import Accounts
internal import HTTPServing

/// The common parts of all pages: head, menu, language switch.
enum PageLayout {
  /// A whole page. With `refresh` the browser asks again after `Limits.pageRefresh`.
  ///
  /// - Parameters:
  ///   - script: what the page runs besides the script of all pages.
  ///   - isFile: it is a file of its own, which loads nothing, runs nothing and leads nowhere.
  static func html(
    _ frame: PageFrame, title: String, refresh: Bool = false, script: Asset? = nil, isFile: Bool = false,
    _ content: HTML
  ) -> HTML {
    let say = frame.say
    let seconds = Limits.pageRefresh.components.seconds
    let meta: HTML = refresh ? "<meta http-equiv=\"refresh\" content=\"\(plain: seconds)\">" : ""
    return """
      <!doctype html>
      <html lang="\(say.language.rawValue)">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      \(meta)
      <title>\(say(CommonWords.page, title))</title>
      \(isFile ? "<style>\(Stylesheet.html)</style>" : loaded(script))
      </head>
      <body>
      \(isFile ? .empty : bar(frame))
      <main id="content">
      \(content)
      </main>
      </body>
      </html>

      """
  }

  private static func loaded(_ script: Asset?) -> HTML {
    let own: HTML = script.map { "<script src=\"\($0.path)\" defer></script>" } ?? .empty
    return """
      <link rel="icon" href="\(Asset.icon.path)">
      <link rel="stylesheet" href="\(Asset.stylesheet.path)">
      <script src="\(Asset.script.path)" defer></script>
      \(own)
      """
  }

  /// The way to the content, and the bar at the top.
  private static func bar(_ frame: PageFrame) -> HTML {
    """
    <a class="skip" href="#content">\(frame.say(CommonWords.skip))</a>
    <header class="top"><div><a class="brand" href="/admin"><svg class="logo" viewBox="0 0 16 16" aria-hidden="true">\
    <path d="M2 2h12v3H2zM4 6h8v2H4zM6 9h4v5H6z"/></svg>Penstock</a>\(menu(frame))\(account(frame))</div></header>
    """
  }

  private static func menu(_ frame: PageFrame) -> HTML {
    guard frame.who != nil else { return "" }
    let entries: [(path: String, words: CommonWords, right: Right)] = [
      ("/admin/sales", .sales, .view), ("/admin/orders", .orders, .view), ("/admin/jobs", .jobs, .view),
      ("/admin/quarantine", .quarantine, .view), ("/admin/audits", .audits, .view),
      ("/admin/approvals", .approvals, .view), ("/admin/log", .log, .readLog), ("/admin/users", .users, .manageUsers),
    ]
    let links = entries.filter { frame.may($0.right) }.map { entry -> HTML in
      let current: HTML = frame.path.hasPrefix(entry.path) ? " aria-current=\"page\"" : ""
      return "<a href=\"\(entry.path)\"\(current)>\(frame.say(entry.words))</a>"
    }
    return "<nav aria-label=\"\(frame.say(CommonWords.menu))\">\(links)</nav>"
  }

  private static func account(_ frame: PageFrame) -> HTML {
    let say = frame.say
    let others = Language.allCases.filter { $0 != say.language }.map { language -> HTML in
      """
      <a href="/admin/language/\(language.rawValue)?next=\(frame.path.percentEncoded)" lang="\(language.rawValue)" \
      hreflang="\(language.rawValue)">\(language.ownName)</a>
      """
    }
    var who: HTML = ""
    switch frame.who?.kind {
    case .user:
      who = """
        <a href="/admin/account" title="\(say(CommonWords.account))">\(frame.who?.name ?? "")</a>\
        \(frame.form("/admin/sign-out", frame.button(say(CommonWords.signOut), style: "quiet"), style: "inline"))
        """
    case .local: who = "<span class=\"soft small\">\(say(CommonWords.openAccess))</span>"
    case .token, .machine: who = "<span class=\"soft small\">\(frame.who?.name ?? "")</span>"
    case nil: break
    }
    return "<div class=\"account\">\(others)\(who)</div>"
  }

  /// A coloured word for a state.
  static func pill(_ status: String, _ words: String) -> HTML { "<span class=\"pill \(status)\">\(words)</span>" }

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
  static func html(_ frame: PageFrame, _ problem: Problem) -> HTML {
    let title = frame.say(problem.code)
    return PageLayout.html(
      frame, title: title,
      """
      <section class="card"><h1>\(title)</h1><p>\(problem.detail.map(frame.say.detail) ?? "")</p>\
      <p class="soft"><code>\("\(problem.code.name)")</code> · \
      <a href="/admin">\(frame.say(CommonWords.allSales))</a></p>\
      </section>
      """)
  }
}

extension String {
  /// With every byte but letters, digits and `-._~` as `%41` (RFC 3986 §2.3).
  var percentEncoded: String {
    utf8.reduce(into: "") { text, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        text += byte < 16 ? "%0" : "%"
        text += String(byte, radix: 16, uppercase: true)
      }
    }
  }
}
