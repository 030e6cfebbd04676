internal import FlashSale
internal import HTTPServing
internal import SaleStore
internal import Time

extension StoredLife {
  /// Writes where the order stands, besides its state.
  ///
  /// - Parameter rules: of its sale, if it has any and they are known.
  func write(to json: inout JSONWriter, _ rules: HoldRules?) {
    json.field("units", units.rawValue)
    if !lines.isEmpty {
      json.array("lines", of: lines) { json, line in
        json.field("sku", line.sku.rawValue)
        json.field("units", line.units.rawValue)
        json.field("price_minor", line.priceMinor)
      }
    }
    json.field("amount_minor", amountMinor)
    json.field("currency", price.currency)
    json.field("exponent", Currency.exponent(of: price.currency))
    if refundDue > 0 { json.field("refund_due_minor", refundDue) }
    if let due {
      json.field("expires_at", due.description)
      if let rules { json.field("extensions_left", max(0, rules.extensions - extensions)) }
    }
    if let ahead { json.field("waiting_ahead", ahead) }
    json.field("server_time", Timestamp.now.description)
  }
}

/// What became of a command, as its caller is told.
enum CommandAnswer {
  /// It did something, or it had done so before.
  case done(StoredEffect, StoredOrder, CatalogSale?)
  /// It is in the log, and not decided yet.
  case queued(StoredOrder, HistoryEntry.Action, ticket: String, position: Int64, eta: Int64?)

  func write(to json: inout JSONWriter) {
    switch self {
    case .queued(let order, let action, let ticket, let position, let eta):
      json.field("command", action.code)
      json.field("result", "queued")
      json.field("order_id", order.order)
      json.field("ticket", ticket)
      json.field("position", position)
      json.field("eta_ms", orNull: eta)
    case .done(let effect, let order, let sale):
      json.field("command", effect.action.code)
      let isDue = effect.result != .applied
      json.field("result", isDue ? HistoryEntry.Result.refundDue.code : effect.result.code)
      if isDue, effect.result != .refundDue { json.field("because", effect.result.code) }
      if effect.minor > 0 { json.field("moved_minor", effect.minor) }
      OrderAnswer.decided(order, sale: sale).write(to: &json)
    }
  }
}

extension StoredEffect {
  /// Why a command did nothing; `nil` if it did something. Money always does (I13).
  func refusal(of order: OrderID) -> Problem? {
    switch (action, result) {
    case (_, .applied), (_, .refundDue): nil
    case (.pay, .repeated): .paymentUsed
    case (.pay, _): nil
    case (.refund, .unknownOrder): .paymentNotFound
    case (_, .unknownOrder), (_, .anotherOrder): .orderNotFound
    case (_, .refused): .orderRefused(order)
    case (_, .tooMuch): .tooMuch(order, state)
    case (_, .unknownLine): .unknownLine(order)
    case (_, .noneLeft): .noneLeft(order, state)
    case (_, .notAllowed), (_, .notDue), (_, .repeated), (_, .wrongAmount), (_, .alreadyPaid), (_, .tooLate),
      (_, .anotherCommand):
      .notAllowed(order, state)
    }
  }
}

extension Problem {
  static func notDecided(_ order: OrderID) -> Problem {
    Problem(.notDecided, detail: "Nothing was done. Ask again when the order has its outcome.").with {
      $0.order = order
      $0.retryAfterMilliseconds = Int.random(in: Limits.retryAfterMilliseconds)
    }
  }

  static func orderRefused(_ order: OrderID) -> Problem {
    Problem(.orderRefused, detail: "It has no units, so nothing was done.").with { $0.order = order }
  }

  static func notAllowed(_ order: OrderID, _ state: Hold.State?) -> Problem {
    about(.notAllowed, order, state, "Nothing was done: docs/order-states.md says what each state allows.")
  }

  static func tooMuch(_ order: OrderID, _ state: Hold.State?) -> Problem {
    about(.tooMuch, order, state, "Nothing was done. The order's status says what it is for, and what it cost.")
  }

  /// A command names a SKU of which the order has no line.
  static func unknownLine(_ order: OrderID) -> Problem {
    Problem.body(.invalidField("sku", "is of no line of the order")).with { $0.order = order }
  }

  /// A command is about units of an order of several lines.
  static func lineMissing(_ order: OrderID) -> Problem {
    Problem.body(.invalidField("sku", "is missing: the order has several lines, and units are of one of them"))
      .with { $0.order = order }
  }

  static func noneLeft(_ order: OrderID, _ state: Hold.State?) -> Problem {
    about(.noneLeft, order, state, "Its end stays as the order's status says it.")
  }

  private static func about(
    _ code: ProblemCode, _ order: OrderID, _ state: Hold.State?, _ detail: String
  ) -> Problem {
    Problem(code, detail: detail).with {
      $0.order = order
      $0.state = state?.code
    }
  }

  /// A capture is told under the id of another one: nothing of it is counted, and nobody hears that it is (I13).
  static let paymentUsed = Problem(
    .paymentUsed,
    detail: "It names a capture of another order, amount or currency, which was counted. This one was not: tell each "
      + "capture under an id of its own.", field: "payment_id")

  /// A capture for an order of which nothing is decided.
  static let nothingToPay = Problem(
    .orderNotFound,
    detail: "The capture was not counted. Tell it again when the order has its outcome. If there is no such order, pay "
      + "the money back.")

  static let paymentNotFound = Problem(.paymentNotFound, field: "payment_id")

  /// The log's answer to a command is not known (I12).
  static func commandUnknown(_ order: OrderID, canRepeat: Bool) -> Problem {
    Problem(.outcomeUnknown).with {
      $0.order = order
      $0.detail =
        canRepeat
        ? "It may be done, now or later. Sending it again as it was is safe: it is done once."
        : "It may be done, now or later. Look at the order first; with an Idempotency-Key a retry would be safe."
      $0.retryAfterMilliseconds = Int.random(in: Limits.retryAfterMilliseconds)
    }
  }

  /// Only the shop's backend may ask for this.
  static let shopOnly = Problem(
    .unauthenticated, detail: "This is for the shop's backend: send Authorization: Bearer with its token.",
    field: "Authorization"
  ).with { $0.challenges = ["Bearer realm=\"penstock shop\""] }

  static func signatureInvalid(_ fault: WebhookChecker.Fault?) -> Problem {
    let field: String?
    let detail: String
    switch fault {
    case nil: (field, detail) = (nil, "This intake knows no secret of a payment provider.")
    case .malformed(let name): (field, detail) = (name, "\(name) is missing, or cannot be read.")
    case .stale:
      (field, detail) = (WebhookChecker.timestampField, "The notice is too old, or from the future: sign it anew.")
    case .forged: (field, detail) = (WebhookChecker.signatureField, "No signature is by a secret that counts here.")
    }
    return Problem(.signatureInvalid, detail: detail, field: field)
      .with { $0.challenges = ["Signature realm=\"penstock webhooks\""] }
  }
}
