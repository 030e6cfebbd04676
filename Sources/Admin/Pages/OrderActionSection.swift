internal import FlashSale

/// The forms of what can be done with an order, on its page: each leads to a preview.
enum OrderActionSection {
  /// What a person has sent that was refused: her form comes back as she filled it.
  struct Refused {
    let action: OrderAction
    let form: FormFields
    let alert: String
  }

  /// The forms that the order's state and the person's rights allow; empty if there are none.
  static func html(_ frame: PageFrame, _ order: OrderStanding, _ refused: Refused? = nil) -> HTML {
    let say = frame.say
    let forms = OrderAction.allCases.filter { frame.may($0.right) && order.allows($0) }.map { action -> HTML in
      let typed = refused.flatMap { $0.action == action ? $0.form : nil }
      let open: HTML = typed == nil ? "" : " open"
      let form = frame.form(
        "/admin/orders/\(order.record.orderID)/\(action.rawValue)",
        "\(fields(frame, order, action, typed))\(frame.button(say(OrderWords.preview)))")
      return "<details\(open)><summary>\(say(OrderWords(action)))</summary>\(form)</details>"
    }
    let alert = frame.alert(refused?.alert)
    guard !forms.isEmpty else { return alert }
    return "\(alert)<section class=\"card\"><h2>\(say(OrderWords.whatCanBeDone))</h2>\(forms)</section>"
  }

  private static func fields(
    _ frame: PageFrame, _ order: OrderStanding, _ action: OrderAction, _ typed: FormFields?
  ) -> HTML {
    let say = frame.say
    let why = frame.field(
      "reason", say(OrderWords.why), id: "\(action.rawValue)-reason", value: typed?["reason"] ?? "")
    switch action {
    case .cancel: return "\(cancelled(frame, order, typed))\(why)"
    case .refund: return "\(money(frame, order, typed))\(why)"
    case .extend, .release: return why
    // As for an endpoint, nobody has to say why.
    case .resend: return .empty
    }
  }

  private static func cancelled(_ frame: PageFrame, _ order: OrderStanding, _ typed: FormFields?) -> HTML {
    let say = frame.say
    let most = order.lines.map(\.units).max() ?? .zero
    let units = frame.field(
      "units", say(OrderWords.units), value: typed?["units"] ?? "", type: "number",
      hint: say(OrderWords.unitsHint, most.rawValue.grouped), isNeeded: false)
    guard order.isBasket else { return units }
    let lines =
      [("", say(OrderWords.wholeOrder))]
      + order.lines.map { ($0.sku.rawValue, "\($0.sku): \($0.units.rawValue.grouped)") }
    return "\(frame.select("sku", say(OrderWords.line), lines, chosen: typed?["sku"] ?? ""))\(units)"
  }

  private static func money(_ frame: PageFrame, _ order: OrderStanding, _ typed: FormFields?) -> HTML {
    let say = frame.say
    let payments = order.refundable.map { payment in
      func words(_ minor: Int64) -> String { "\(Money(minor: minor, currency: payment.currency))" }
      return (
        payment.paymentID,
        say(
          OrderWords.capture, payment.paymentID, words(payment.refundDue), words(payment.captured - payment.refunded))
      )
    }
    let first = order.refundable.first(where: { $0.refundDue > 0 })?.paymentID
    return """
      \(frame.select("payment", say(OrderWords.payment), payments, chosen: typed?["payment"] ?? first ?? ""))\
      \(frame.field(
        "amount", say(OrderWords.amount), value: typed?["amount"] ?? "", hint: say(OrderWords.amountHint),
        isNeeded: false))
      """
  }
}

/// What has become of what a person did, on the order's page.
enum OrderResult {
  /// By a record of the order's history, which says it as it is stored.
  static func html(_ frame: PageFrame, _ order: OrderRecord, record: String) -> HTML {
    let say = frame.say
    guard let event = order.events.last(where: { "\($0.partition)@\($0.offset)" == record }) else {
      return note(say(OrderWords.queued, record))
    }
    var words = say(OrderWords.done, record, say.action(event.action), say.result(event.result))
    if event.units != 0 { words += " " + say(OrderWords.doneUnits, Int64(event.units).grouped) }
    if let amount = order.amount(of: event) { words += " " + say(OrderWords.doneMoney, "\(amount)") }
    return note(words)
  }

  static func html(_ frame: PageFrame, resent: Int) -> HTML {
    note(frame.say(OrderWords.resent, resent.grouped))
  }

  private static func note(_ words: String) -> HTML { "<p class=\"note\" role=\"status\">\(words)</p>" }
}
