internal import Accounts
internal import FlashSale
internal import SaleStore
internal import Time

/// A sale's orders: a search, its pages, and what is done to all orders that fit.
enum OrdersPage {
  /// A search as it was asked: the parameters of its query.
  struct Search {
    let parameters: [(name: String, value: String)]

    subscript(_ name: String) -> String { parameters.first { $0.name == name }?.value ?? "" }

    /// As the query of a listing, without what is not about which orders.
    var text: String {
      let fields = ["buyer", "sku", "outcome", "state", "from", "until", "refused"]
      return query(parameters.filter { fields.contains($0.name) && !$0.value.isEmpty })
    }

    /// The same search with another value of a parameter.
    func with(_ name: String, _ value: String) -> String {
      query(parameters.filter { $0.name != name } + [(name, value)])
    }

    private func query(_ parameters: [(name: String, value: String)]) -> String {
      parameters.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
    }
  }

  /// - Parameter found: `nil`: the search was refused.
  static func html(_ frame: PageFrame, _ stored: StoredSale, _ found: FoundOrders?, _ search: Search) -> HTML {
    let say = frame.say
    let sale = stored.sale.id.rawValue
    let plain: HTML =
      frame.may(.unmask) && search["buyers"] != "plain"
      ? " · <a href=\"/admin/sales/\(sale)/orders?\(search.with("buyers", "plain"))\">\(say(DeskWords.showBuyers))</a>"
      : ""
    return PageLayout.html(
      frame, title: say(DeskWords.ordersOf, stored.sale.name),
      """
      <div><div class="head"><h1><a href="/admin/sales/\(sale)">\(say(DeskWords.ordersOf, stored.sale.name))</a></h1>\
      </div><p class="soft small">\(say(DeskWords.asOnePlace))\(plain)</p></div>
      <section class="card">\(form(frame, stored, search))</section>
      <section class="card">\(find(frame))</section>
      \(found.map { list(frame, sale, $0, search) } ?? .empty)
      """)
  }

  private static func list(_ frame: PageFrame, _ sale: String, _ found: FoundOrders, _ search: Search) -> HTML {
    let say = frame.say
    let table: HTML =
      found.orders.isEmpty ? "<p class=\"soft\">\(say(DeskWords.noneLikeThat))</p>" : table(frame, found.orders)
    let count = say(DeskWords.found, found.orders.count.grouped, found.searched.grouped)
    return """
      <section class="card"><h2>\(count)</h2>\(table)\(more(say, found, sale, search))</section>
      \(bulk(frame, sale, found, search))
      """
  }

  private static func table(_ frame: PageFrame, _ orders: [OrderRecord]) -> HTML {
    let say = frame.say
    let heading = [
      say(DeskWords.order), say(DeskWords.buyer), "SKU", say(DeskWords.state), say(DeskWords.units),
      say(DeskWords.amount), say(DeskWords.acceptedAt),
    ]
    return frame.table(say(DeskWords.orders), heading, orders.map { row(say, $0) })
  }

  /// Orders that one payment names.
  static func several(_ frame: PageFrame, _ orders: [OrderRecord]) -> HTML {
    let say = frame.say
    return PageLayout.html(
      frame, title: say(DeskWords.orders),
      """
      <h1>\(say(DeskWords.orders))</h1><section class="card"><h2>\(say(DeskWords.several))</h2>\
      \(table(frame, orders))</section>
      """)
  }

  /// The page from which a person goes to the orders of a sale, or to one order.
  static func start(_ frame: PageFrame, _ sales: [StoredSale]) -> HTML {
    let say = frame.say
    let links = sales.map { stored -> HTML in
      "<li><a href=\"/admin/sales/\(stored.sale.id.rawValue)/orders\">\(stored.sale.name)</a></li>\n"
    }
    return PageLayout.html(
      frame, title: say(DeskWords.orders),
      """
      <h1>\(say(DeskWords.orders))</h1>
      <section class="card">\(find(frame))</section>
      <section class="card"><h2>\(say(DeskWords.ofWhichSale))</h2><ul>\(links)</ul></section>
      """)
  }

  /// One order by what a person has at hand.
  private static func find(_ frame: PageFrame) -> HTML {
    """
    <form method="get" action="/admin/orders" class="form wide" role="search">\
    \(frame.field("q", frame.say(DeskWords.findHint)))\(frame.button(frame.say(DeskWords.find), style: "small"))</form>
    """
  }

  private static func form(_ frame: PageFrame, _ stored: StoredSale, _ search: Search) -> HTML {
    let say = frame.say
    func choice(_ name: String, _ words: DeskWords, _ options: [(value: String, text: String)]) -> HTML {
      frame.select(name, say(words), [("", say(DeskWords.any))] + options, chosen: search[name])
    }
    let decisions = (["confirmed", "waitlisted", "rejected"] + Refusal.allCases.map(\.code))
      .map { ($0, say.outcome($0)) }
    let states = (Hold.State.allCases.map(\.code) + ["rejected"]).map { ($0, say.state($0)) }
    let skus = stored.sale.items.prefix(Limits.listedSales).map { ($0.sku.rawValue, $0.sku.rawValue) }
    let fields: HTML = """
      \(choice("state", .state, states))\
      \(choice("outcome", .firstDecision, decisions))\
      \(frame.select("sku", "SKU", [("", say(DeskWords.any))] + skus, chosen: search["sku"]))\
      \(frame.field("buyer", say(DeskWords.buyer), value: search["buyer"], isNeeded: false))\
      \(frame.field(
        "from", say(DeskWords.acceptedFrom), value: search["from"], hint: "2026-11-11T00:00:00+08:00",
        isNeeded: false))\
      \(frame.field(
        "until", say(DeskWords.acceptedBefore), value: search["until"], hint: "2026-11-11T00:00:06+08:00",
        isNeeded: false))\
      \(frame.select(
        "refused", say(DeskWords.refusedToo), [("false", say(DeskWords.no)), ("true", say(DeskWords.yes))],
        chosen: search["refused"]))\
      \(frame.button(say(DeskWords.search)))
      """
    return """
      <form method="get" action="/admin/sales/\(stored.sale.id.rawValue)/orders" class="form wide" role="search">\
      \(frame.refusal(fields))\(fields)</form>
      """
  }

  private static func row(_ say: Phrasebook, _ order: OrderRecord) -> [HTML] {
    let id = "\(order.orderID)"
    let amount = order.amountMinor.flatMap { minor in order.currency.map { "\(Money(minor: minor, currency: $0))" } }
    return [
      "<a href=\"/admin/orders/\(id)\"><code>\(id)</code></a>", "\(order.buyer ?? "–")", "\(order.sku ?? "–")",
      "\(order.reason.map { "\(say.state(order.state)): \(say.outcome($0))" } ?? say.state(order.state))",
      "\(order.units.grouped)", "\(amount ?? "–")",
      "\(order.acceptedAt.map(say.time) ?? "–")",
    ]
  }

  private static func more(_ say: Phrasebook, _ found: FoundOrders, _ sale: String, _ search: Search) -> HTML {
    guard let next = found.next else { return "<p class=\"soft small\">\(say(DeskWords.lastPage))</p>" }
    let query = search.with("cursor", next)
    return "<p><a rel=\"next\" href=\"/admin/sales/\(sale)/orders?\(query)\">\(say(DeskWords.nextPage))</a></p>"
  }

  /// Leads to the preview of a job.
  private static func bulk(_ frame: PageFrame, _ sale: String, _ found: FoundOrders, _ search: Search) -> HTML {
    let say = frame.say
    let actions = BulkAction.allCases.filter { frame.may($0.right) }
    guard !actions.isEmpty, !found.orders.isEmpty || found.next != nil else { return .empty }
    let options = actions.map { ($0.rawValue, say(DeskWords($0.rawValue))) }
    return """
      <section class="card"><h2>\(say(DeskWords.allThatFit))</h2>\
      <form method="get" action="/admin/sales/\(sale)/jobs" class="form">\
      <input type="hidden" name="search" value="\(search.text)">\
      <input type="hidden" name="as_of" value="\(found.asOf)">\
      \(frame.select("action", say(DeskWords.whatToDo), options, chosen: ""))\
      \(frame.button(say(DeskWords.preview), style: "small"))</form></section>
      """
  }
}
