internal import FlashSale
internal import HTTPServing

extension Problem {
  /// Says why a command about an order did nothing. `nil`: its lane has noted that it did something.
  static func refusal(
    _ action: HistoryEntry.Action, _ result: HistoryEntry.Result, of order: OrderID, _ state: Hold.State?
  ) -> Problem? {
    switch result {
    case .applied, .refundDue: nil
    case .unknownOrder: refusal(action == .refund ? .paymentNotFound : .orderNotFound, of: order, state)
    case .anotherOrder: refusal(.orderNotFound, of: order, state)
    case .refused: refusal(.orderRefused, of: order, state)
    case .unknownLine:
      Problem.body(
        .invalidField("sku", "is of no line of the order, or is missing for an order of several")
      ).with { $0.order = order }
    case .tooMuch: refusal(.tooMuch, of: order, state)
    case .noneLeft: refusal(.noneLeft, of: order, state)
    case .repeated, .notAllowed, .notDue, .wrongAmount, .alreadyPaid, .tooLate, .anotherCommand:
      refusal(.notAllowed, of: order, state)
    }
  }

  /// A command about an order that did nothing.
  static func refusal(_ code: ProblemCode, of order: OrderID, _ state: Hold.State?) -> Problem {
    Problem(code, detail: "Nothing was done.").with {
      $0.order = order
      $0.state = state?.code
    }
  }
}
