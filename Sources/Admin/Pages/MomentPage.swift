internal import FlashSale
internal import SaleStore
internal import Time

/// A sale as it stood at an instant, with a scrubber.
enum MomentPage {
  static func html(_ frame: PageFrame, _ moment: SaleMoment) -> HTML {
    let say = frame.say
    let sale = moment.sale.rawValue
    let title = say(DeskWords.momentOf, moment.name)
    return PageLayout.html(
      frame, title: title,
      """
      <div><div class="head"><h1><a href="/admin/sales/\(sale)">\(title)</a></h1></div>
      <p class="soft small">\(say(DeskWords.reckoned, say.exact(moment.at)))</p>
      <p class="small"><a href="/admin/sales/\(sale)?as_of=\(moment.asOf)">\(say(ReportWords.reportThen))</a></p></div>
      \(scrubber(frame, moment))
      \(tiles(say, moment))
      \(stock(frame, moment))
      \(partitions(frame, moment))
      """)
  }

  /// A slider over the time in which requests came, and steps beside it.
  private static func scrubber(_ frame: PageFrame, _ moment: SaleMoment) -> HTML {
    let say = frame.say
    let sale = moment.sale.rawValue
    guard let first = moment.firstAt, let last = moment.lastAt else {
      return "<section class=\"card\"><p>\(say(DeskWords.undecided))</p></section>"
    }
    let span = last.microseconds(since: first) / 1_000 + 1
    let now = min(max(moment.at.microseconds(since: first) / 1_000, 0), span)
    let steps = [-10_000, -1_000, -100, 100, 1_000, 10_000].map { (step: Int64) -> HTML in
      let target = min(max(now + step, 0), span)
      let words = "\(step > 0 ? "+" : "−")\(abs(step) < 1_000 ? "\(abs(step)) ms" : "\(abs(step) / 1_000) s")"
      return "<a href=\"/admin/sales/\(sale)/moment?ms=\(plain: target)\">\(words)</a> "
    }
    return """
      <form class="card form" method="get" action="/admin/sales/\(sale)/moment">
      <label class="field" for="ms"><span>\(say(DeskWords.afterFirst, span.grouped))</span>\
      <input type="range" id="ms" name="ms" min="0" max="\(plain: span)" step="1" value="\(plain: now)" data-submits>\
      </label>
      <p class="head">\(frame.button(say(DeskWords.show), style: "small")) <span class="small">\
      <a href="/admin/sales/\(sale)/moment?ms=0">\(say(DeskWords.first))</a> \(steps)\
      <a href="/admin/sales/\(sale)/moment?ms=\(plain: span)">\(say(DeskWords.last))</a></span></p>
      </form>

      """
  }

  private static func tiles(_ say: Phrasebook, _ moment: SaleMoment) -> HTML {
    func tile(_ name: DeskWords, _ value: Int64) -> HTML {
      "<div class=\"tile\"><span class=\"soft small\">\(say(name))</span><b>\(value.grouped)</b></div>\n"
    }
    return """
      <div class="tiles">
      \(tile(.accepted, moment.accepted))\(tile(.decided, moment.decided))\
      \(tile(.inLine, moment.accepted - moment.decided))\(tile(.confirmed, moment.confirmed))\
      \(tile(.waitlisted, moment.waitlisted))\(tile(.rejected, moment.rejected))\
      \(tile(.refusedAtDoor, moment.refusedAtTheDoor))\
      </div>
      """
  }

  private static func stock(_ frame: PageFrame, _ moment: SaleMoment) -> HTML {
    let say = frame.say
    let rows = moment.items.map { item -> [HTML] in
      [
        "\(item.sku.rawValue)\(PageLayout.bar(Double(item.putUp - item.left) / Double(max(item.putUp, 1))))",
        "\(item.putUp.grouped)", "\(item.left.grouped)", "\(item.reserved.grouped)",
        "\((item.confirmed + item.paid + item.fulfilled).grouped)", "\(item.waiting.grouped)", "\(item.line.grouped)",
      ]
    }
    let heading = [
      "SKU", say(DeskWords.putUp), say(DeskWords.left), say(DeskWords.held), say(DeskWords.sold),
      say(DeskWords.waiting), say(DeskWords.inLine),
    ]
    let title = say(DeskWords.stockAndLine)
    return "<section class=\"card\"><h2>\(title)</h2>\(frame.table(title, heading, rows))</section>"
  }

  private static func partitions(_ frame: PageFrame, _ moment: SaleMoment) -> HTML {
    let say = frame.say
    let rows = moment.partitions.map { lane -> [HTML] in
      [
        "\(Int64(lane.partition).grouped)", "\(lane.nextOffset.grouped)", "\(lane.line.grouped)",
        "\(lane.decidedPerSecond.grouped)",
      ]
    }
    let heading = [
      say(DeskWords.partition), say(DeskWords.nextOffset), say(DeskWords.inLine), say(DeskWords.perSecond),
    ]
    let title = say(DeskWords.partitions)
    return "<section class=\"card\"><h2>\(title)</h2>\(frame.table(title, heading, rows))</section>"
  }
}
