internal import FlashSale
internal import SaleStore

/// The live page of a sale: what the server sends first, and what its script then keeps up to date.
enum LivePage {
  /// - Parameter view: `nil`: the store did not answer.
  static func html(_ frame: PageFrame, _ stored: StoredSale, _ view: LiveView?) -> HTML {
    let (say, sale) = (frame.say, stored.sale)
    let parts = view.map { LiveParts($0, say) }
    let path: HTML = "/admin/sales/\(sale.id.rawValue)"
    func part(_ name: LiveParts.Name, _ tag: HTML = "div", _ more: HTML = .empty) -> HTML {
      let content = parts?.html[name] ?? .empty
      return "<\(tag) data-part=\"\(name.rawValue)\"\(more)>\(content)</\(tag)>"
    }
    func card(_ title: LiveWords, _ name: LiveParts.Name, _ more: HTML = .empty) -> HTML {
      "<section class=\"card\"><h2>\(say(title))</h2>\(part(name, "div", more))</section>"
    }
    let away: HTML =
      view == nil
      ? "<p class=\"bad\"><b>\(say(LiveWords.storeAway))</b></p>" : .empty
    let region: HTML = """
       class="scroll" tabindex="0" role="region" aria-label="\(say(LiveWords.partitions))"
      """
    return PageLayout.html(
      frame, title: say(LiveWords.title, sale.name), script: .liveScript,
      """
      <div data-live="\(path)/live/events?language=\(say.language.rawValue)" data-silent="\(say(LiveWords.silent))" \
      data-days="\(say(LiveWords.days))">
      <noscript><p class="doubt"><a href="\(path)/live">\(say(LiveWords.reload))</a></p></noscript>
      <div class="head"><h1>\(sale.name)</h1>\(part(.status, "span"))</div>
      <p class="small"><a href="\(path)">\(say(LiveWords.report))</a> · <code>\(sale.id.rawValue)</code></p>
      <p class="stale bad" role="status" hidden></p>\(away)
      <div class="watch">
      <div class="tile clock" data-part="clock">\(parts?.html[.clock] ?? .empty)</div>
      \(part(.tiles, "div", " class=\"tiles\""))
      </div>
      <section class="card" aria-live="polite"><h2>\(say(LiveWords.needsPerson))</h2>\(part(.alerts))</section>
      <div class="pair">
      \(card(.answers, .answers))
      \(card(.stock, .stock))
      </div>
      \(sale.shaping.room == nil ? .empty : card(.room, .room))
      \(card(.partitions, .partitions, region))
      </div>
      """)
  }
}
