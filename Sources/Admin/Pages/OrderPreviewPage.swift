internal import FlashSale
internal import SaleStore
internal import Time

/// What will happen to an order, before it is done.
enum OrderPreviewPage {
  /// A command: in words and numbers, and the form that confirms it.
  ///
  /// - Parameters:
  ///   - waiting: who waits for the SKUs that come back.
  ///   - key: of a command that was sent and may be done; `nil`: a new one.
  static func html(
    _ frame: PageFrame, _ order: OrderStanding, _ action: OrderAction, _ request: OrderRequest,
    _ forecast: OrderForecast, waiting: [SKU: [WaitingOrder]], reason: String, key: String? = nil, alert: String? = nil
  ) -> HTML {
    let say = frame.say
    var sentences = back(say, order, forecast)
    sentences += money(say, request, forecast)
    if let state = forecast.state { sentences.append("\(say(OrderWords.willBe, say(state)))") }
    if forecast.kept > .zero, !forecast.back.isEmpty {
      sentences.append("\(say(OrderWords.kept, forecast.kept.rawValue.grouped))")
    }
    if forecast.areFromStock { sentences += next(say, forecast, waiting) }
    let list = sentences.map { sentence -> HTML in "<li>\(sentence)</li>" }
    let confirm: HTML = """
      \(hidden(request))<input type="hidden" name="reason" value="\(reason)">\
      \(key.map(frame.commandKey(again:)) ?? frame.commandKey)
      """
    return page(
      frame, order, action, alert: alert, "<ul>\(list)</ul><p>\(say(OrderWords.why)): \(reason)</p>", confirm)
  }

  /// Webhooks that were given up.
  static func resend(_ frame: PageFrame, _ order: OrderStanding) -> HTML {
    let say = frame.say
    let heading = [
      say(OrderWords.event), say(OrderWords.attempts), say(OrderWords.givenUpAt), say(OrderWords.error),
    ]
    let rows = order.deadLetters.map { letter -> [HTML] in
      [
        "\(letter.kind?.code ?? letter.event)", "\(letter.attempts.grouped)", "\(say.time(letter.deadAt))",
        "\(letter.lastError ?? "–")",
      ]
    }
    let words = say(OrderWords.letters, order.deadLetters.count.grouped)
    return page(
      frame, order, .resend, "<p>\(words)</p>\(frame.table(say(OrderWords.resend), heading, rows))",
      frame.field("reason", say(OrderWords.why)))
  }

  private static func page(
    _ frame: PageFrame, _ order: OrderStanding, _ action: OrderAction, alert: String? = nil, _ content: HTML,
    _ fields: HTML
  ) -> HTML {
    let say = frame.say
    let path = "/admin/orders/\(order.record.orderID)"
    let title = say(OrderWords.willHappen, say(OrderWords(action)))
    let style: HTML = action == .extend || action == .resend ? "main" : "danger"
    let confirm: HTML = """
      <input type="hidden" name="confirmed" value="yes">\(fields)\(frame.button(say(OrderWords.confirm), style: style))
      """
    return PageLayout.html(
      frame, title: title,
      """
      <div><h1>\(title)</h1><p class="soft small"><code>\("\(order.record.orderID)")</code></p></div>\
      \(frame.alert(alert))
      <section class="card">\(content)\(frame.form("\(path)/\(action.rawValue)", confirm))\
      <p><a href="\(path)">\(say(OrderWords.toOrder))</a></p></section>
      """)
  }

  /// The request as the form's fields.
  private static func hidden(_ request: OrderRequest) -> HTML {
    switch request {
    case .cancel(let units, let sku):
      """
      <input type="hidden" name="units" value="\(units.map { "\($0)" } ?? "")"><input type="hidden" name="sku" \
      value="\(sku?.rawValue ?? "")">
      """
    case .refund(let payment, let minor):
      """
      <input type="hidden" name="payment" value="\(payment.rawValue)"><input type="hidden" name="minor" \
      value="\(plain: minor)">
      """
    case .extend, .release: .empty
    }
  }

  private static func back(_ say: Phrasebook, _ order: OrderStanding, _ forecast: OrderForecast) -> [HTML] {
    var sentences = forecast.back.map { line -> HTML in
      let words: OrderWords = forecast.areFromStock ? .back : .noLongerWaited
      return "\(say(words, line.units.rawValue.grouped, line.sku.rawValue))"
    }
    if let end = forecast.expiresAt, let due = order.hold?.due {
      sentences.append("\(say(OrderWords.newEnd, say.time(end), say.time(due)))")
    }
    if let left = forecast.extensionsLeft { sentences.append("\(say(OrderWords.extensionsLeft, left.grouped))") }
    return sentences
  }

  private static func money(_ say: Phrasebook, _ request: OrderRequest, _ forecast: OrderForecast) -> [HTML] {
    var sentences: [HTML] = []
    if case .refund(let payment, _) = request, let refunded = forecast.refunded {
      sentences.append("\(say(OrderWords.refunded, "\(refunded)", payment.rawValue))")
      if let money = forecast.notDue { sentences.append("\(say(OrderWords.notDue, "\(money)"))") }
      if let money = forecast.stillDue { sentences.append("\(say(OrderWords.stillDue, "\(money)"))") }
    } else if let due = forecast.due {
      sentences.append("\(say(OrderWords.due, "\(due)"))")
    } else if !forecast.back.isEmpty {
      sentences.append("\(say(OrderWords.noMoney))")
    }
    return sentences
  }

  /// To whom the units may go.
  private static func next(
    _ say: Phrasebook, _ forecast: OrderForecast, _ waiting: [SKU: [WaitingOrder]]
  ) -> [HTML] {
    forecast.back.map { line -> HTML in
      guard line.next != .nobody else { return "\(say(OrderWords.saleOver, line.sku.rawValue))" }
      guard let first = waiting[line.sku] else { return "\(say(OrderWords.nobodyWaits, line.sku.rawValue))" }
      guard line.next == .waiting else { return "\(say(OrderWords.tooLateToOffer, line.sku.rawValue))" }
      return self.line(say, line.sku, first)
    }
  }

  /// Who waits for a SKU, the first in line first.
  static func line(_ say: Phrasebook, _ sku: SKU, _ waiting: [WaitingOrder]) -> HTML {
    let orders = waiting.map { waiting -> HTML in
      let id = "\(waiting.order)"
      return "<li><a href=\"/admin/orders/\(id)\"><code>\(id)</code></a>: \(waiting.units.rawValue.grouped)</li>"
    }
    return "\(say(OrderWords.firstInLine, sku.rawValue)):<ol>\(orders)</ol>"
  }
}
