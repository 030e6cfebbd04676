internal import Accounts
internal import FlashSale
internal import Time

/// One order: where it stands, its money, and its history drawn as a line.
enum OrderHistoryPage {
  /// - Parameters:
  ///   - order: what is shown, with its buyer masked or not.
  ///   - standing: what can be done with it.
  ///   - note: what has become of what was done.
  static func html(
    _ frame: PageFrame, _ order: OrderRecord, isMasked: Bool, _ standing: OrderStanding, note: HTML = .empty,
    refused: OrderActionSection.Refused? = nil
  ) -> HTML {
    let say = frame.say
    let id = "\(order.orderID)"
    let sale: HTML =
      order.sale.map { sale -> HTML in "<a href=\"/admin/sales/\(sale)\">\(sale)</a> / \(order.sku ?? "–")" } ?? "–"
    let plain: HTML =
      isMasked && frame.may(.unmask)
      ? " · <a href=\"/admin/orders/\(id)?buyers=plain\">\(say(DeskWords.showBuyers))</a>" : ""
    return PageLayout.html(
      frame, title: "\(say(DeskWords.order)) \(id)",
      """
      <div><div class="head"><h1>\(say(DeskWords.order))</h1>\
      \(PageLayout.pill(order.state, say.state(order.state)))</div>
      <p class="soft small"><code>\(id)</code> · \(sale) · \
      \(say(DeskWords.buyer)) \(order.buyer ?? "–")\(plain)</p></div>
      \(note)
      <section class="card"><h2>\(say(DeskWords.history))</h2>\(line(say, order.events))\
      \(table(frame, order))</section>
      \(money(frame, order))
      \(OrderActionSection.html(frame, standing, refused))
      """)
  }

  private static let slot = 120.0

  /// A dot for each record, in the order of the log, with what it did above and when below. What changed nothing is
  /// hollow.
  private static func line(_ say: Phrasebook, _ events: [OrderRecord.Event]) -> HTML {
    guard !events.isEmpty else { return "<p class=\"soft\">\(say(DeskWords.noRecord))</p>" }
    let width = Double(events.count) * slot
    let dots = events.enumerated().map { index, event -> HTML in
      let x = (Double(index) + 0.5) * slot
      let kind: HTML = event.sequence > 0 || event.action == "place" ? "done" : "idle"
      let state = event.state.map(say.state) ?? say.result(event.result)
      return """
        <g><title>\(say.action(event.action)): \(say.result(event.result)), \(say.exact(event.at))</title>\
        <circle class="\(kind)" cx="\(length: x)" cy="50" r="7"/>\
        <text class="step" x="\(length: x)" y="24" text-anchor="middle">\(say.action(event.action))</text>\
        <text class="axis" x="\(length: x)" y="38" text-anchor="middle">\(state)</text>\
        <text class="axis" x="\(length: x)" y="76" text-anchor="middle">\(after(event, events[0]))</text></g>

        """
    }
    let label = say(DeskWords.historyLine)
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(label)"><svg class="line" width="\(length: width)" \
      height="88" role="img" aria-label="\(label)">\
      <line class="grid" x1="\(length: slot / 2)" y1="50" x2="\(length: width - slot / 2)" y2="50"/>
      \(dots)</svg></div>
      """
  }

  /// How long after the first record.
  private static func after(_ event: OrderRecord.Event, _ first: OrderRecord.Event) -> String {
    let milliseconds = event.at.microseconds(since: first.at) / 1_000
    switch milliseconds {
    case ..<10_000: return "+\(milliseconds.grouped) ms"
    case ..<600_000: return "+\((milliseconds / 1_000).grouped) s"
    default: return "+\((milliseconds / 60_000).grouped) min"
    }
  }

  private static func table(_ frame: PageFrame, _ order: OrderRecord) -> HTML {
    let say = frame.say
    let heading = [
      say(DeskWords.acceptedAt), say(DeskWords.record), say(DeskWords.action), say(DeskWords.result),
      say(DeskWords.state), say(DeskWords.units), say(DeskWords.amount), say(DeskWords.by),
    ]
    let rows = order.events.map { event -> [HTML] in
      [
        "\(say.exact(event.at))", "\("\(event.partition)@\(event.offset)")", "\(say.action(event.action))",
        "\(say.result(event.result))",
        standing(say, event), "\(Int64(event.units).grouped)", "\(amount(say, order, event))",
        "\(event.by)\(event.reason.isEmpty ? "" : ": \(event.reason)")",
      ]
    }
    return frame.table(say(DeskWords.history), heading, rows)
  }

  private static func amount(_ say: Phrasebook, _ order: OrderRecord, _ event: OrderRecord.Event) -> String {
    if let amount = order.amount(of: event) { return "\(amount)" }
    return event.amountMinor == 0 ? "" : say(DeskWords.minorUnits, event.amountMinor.grouped)
  }

  private static func standing(_ say: Phrasebook, _ event: OrderRecord.Event) -> HTML {
    let state = event.state.map(say.state) ?? "–"
    guard let end = event.expiresAt else { return "\(state)" }
    return "\(state), \(say(DeskWords.heldUntil, say.exact(end)))"
  }

  private static func money(_ frame: PageFrame, _ order: OrderRecord) -> HTML {
    guard !order.payments.isEmpty else { return .empty }
    let say = frame.say
    let heading = [
      say(DeskWords.payment), say(DeskWords.captured), say(DeskWords.applied), say(DeskWords.refundDue),
      say(DeskWords.refunded),
    ]
    let rows = order.payments.map { payment -> [HTML] in
      func words(_ minor: Int64) -> HTML { "\("\(Money(minor: minor, currency: payment.currency))")" }
      return [
        "\(payment.paymentID)", words(payment.captured), words(payment.applied), words(payment.refundDue),
        words(payment.refunded),
      ]
    }
    let title = say(DeskWords.payments)
    return "<section class=\"card\"><h2>\(title)</h2>\(frame.table(title, heading, rows))</section>"
  }
}
