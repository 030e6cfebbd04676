internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import SaleStore

/// What a person does with one order: a form, a preview, and what has become of it on the order's page.
struct OrderActionPages: Sendable {
  let desk: SaleDesk

  private var orders: OrderDesk { OrderDesk(desk: desk) }

  func add(to pages: GuardedRoutes) {
    for action in OrderAction.allCases {
      pages.at(
        "admin/orders/{order}/\(action.rawValue)",
        post: .form(action.right) { visit, form in try await answer(visit, form, action) })
    }
  }

  private func answer(_ visit: Visit, _ form: FormFields, _ action: OrderAction) async throws -> Response {
    let id: OrderID = try visit.parameter()
    do {
      if action == .resend { return try await resend(visit, form, id) }
      let reason = try form.reason()
      guard form["confirmed"] == "yes" else { return try await preview(visit, form, id, action, reason) }
      return try await perform(visit, form, id, action, reason)
    } catch let problem as Problem where problem.responseStatus.code < 500 {
      return try await refused(visit, form, id, action, problem)
    }
  }

  private func frame(_ visit: Visit, _ standing: OrderStanding) async throws -> PageFrame {
    PageFrame(visit, at: "/admin/orders/\(standing.record.orderID)").showing(try await desk.zone(of: standing.sale))
  }

  /// The order's page, with the form as it was filled and why it was refused.
  private func refused(
    _ visit: Visit, _ form: FormFields, _ id: OrderID, _ action: OrderAction, _ problem: Problem
  ) async throws -> Response {
    let standing = try await desk.standing(of: id, looksForDeadLetters: visit.may(OrderAction.resend.right))
    let frame = try await frame(visit, standing)
    let alert = frame.say(OrderWords.refused, frame.say(problem.code), frame.say.detail(of: problem))
    let page = OrderHistoryPage.html(
      frame, standing.record.masked, isMasked: true, standing,
      refused: OrderActionSection.Refused(action: action, form: form, alert: alert))
    return .page(page, status: problem.responseStatus)
  }

  private func preview(
    _ visit: Visit, _ form: FormFields, _ id: OrderID, _ action: OrderAction, _ reason: String
  ) async throws -> Response {
    let standing = try await desk.standing(of: id, looksForDeadLetters: false)
    let minor = action == .refund ? try standing.minor(form) : nil
    let request = try OrderRequest(action, form, minor: minor)
    return try await .page(preview(visit, standing, action, request, reason))
  }

  private func preview(
    _ visit: Visit, _ standing: OrderStanding, _ action: OrderAction, _ request: OrderRequest, _ reason: String,
    key: String? = nil, alert: String? = nil
  ) async throws -> HTML {
    let forecast = try standing.forecast(request)
    var waiting: [SKU: [WaitingOrder]] = [:]
    if let sale = standing.sale { waiting = try await desk.firstWaiting(for: forecast.back.map(\.sku), of: sale) }
    return OrderPreviewPage.html(
      try await frame(visit, standing), standing, action, request, forecast, waiting: waiting, reason: reason,
      key: key, alert: alert)
  }

  private func perform(
    _ visit: Visit, _ form: FormFields, _ id: OrderID, _ action: OrderAction, _ reason: String
  ) async throws -> Response {
    guard let key = try form.commandKey() else {
      throw Problem.invalidParameter(FormFields.commandKeyName, "is missing")
    }
    let request = try OrderRequest(action, form, minor: Int64(form["minor"]))
    do {
      let effects = try await orders.perform(request, on: id, named: CommandName(key), why: reason, by: visit)
      let record = effects.effects.first.map { "?record=\($0.partition)@\($0.offset)" } ?? ""
      return .toPage("/admin/orders/\(id)\(record)")
    } catch let problem as Problem where problem.code == .outcomeUnknown {
      // It can be confirmed once more, under the same key.
      let standing = try await desk.standing(of: id, looksForDeadLetters: false)
      let say = PageFrame(visit).say
      let page = try await preview(
        visit, standing, action, request, reason, key: form[FormFields.commandKeyName],
        alert: say.detail(of: problem))
      return .page(page, status: problem.responseStatus)
    }
  }

  private func resend(_ visit: Visit, _ form: FormFields, _ id: OrderID) async throws -> Response {
    if form["confirmed"] == "yes" {
      let count = try await orders.resend(id, why: form.reason(), by: visit)
      return .toPage("/admin/orders/\(id)?resent=\(count)")
    }
    let standing = try await desk.standing(of: id, looksForDeadLetters: true)
    guard standing.allows(.resend) else { return .toPage("/admin/orders/\(id)?resent=0") }
    return .page(OrderPreviewPage.resend(try await frame(visit, standing), standing))
  }
}

extension OrderRequest {
  /// Reads a form. Throws for what no order allows.
  ///
  /// - Parameter minor: what of a payment was paid back.
  init(_ action: OrderAction, _ form: FormFields, minor: Int64?) throws(Problem) {
    switch action {
    case .cancel:
      var units: Units?
      if !form["units"].isEmpty {
        guard let number = Int32(form["units"]), (1...FlashSale.Limits.orderUnits).contains(number) else {
          throw .invalidParameter("units", "must be 1 to \(FlashSale.Limits.orderUnits)")
        }
        units = Units(number)
      }
      guard form["sku"].isEmpty || SKU(rawValue: form["sku"]) != nil else {
        throw .invalidParameter("sku", "is no SKU of the sale")
      }
      self = .cancel(units, of: SKU(rawValue: form["sku"]))
    case .refund:
      guard let payment = PaymentID(rawValue: form["payment"]) else {
        throw .invalidParameter("payment", "must be a payment's id")
      }
      guard let minor, (1...FlashSale.Limits.captureMinor).contains(minor) else {
        throw .invalidParameter("amount", "must be 1 to \(FlashSale.Limits.captureMinor)")
      }
      self = .refund(payment, minor: minor)
    case .extend: self = .extend
    case .release: self = .release
    // It is no command of the log.
    case .resend: throw .notFound
    }
  }
}

extension OrderStanding {
  /// The minor units of the amount that a form says of one of its payments; all that is due if it says none.
  fileprivate func minor(_ form: FormFields) throws(Problem) -> Int64 {
    guard let payment = record.payments.first(where: { $0.paymentID == form["payment"] }) else {
      throw Problem(.paymentNotFound, detail: "Nothing was done.")
    }
    let amount = form["amount"].filter { $0 != " " }
    guard !amount.isEmpty else {
      guard payment.refundDue > 0 else { throw .invalidParameter("amount", "is missing") }
      return payment.refundDue
    }
    guard let minor = Currency.minor(amount.replacing(",", with: "."), payment.currency), minor > 0 else {
      throw .invalidParameter(
        "amount", "must be an amount of \(payment.currency) above 0, without separators of thousands")
    }
    return minor
  }
}
