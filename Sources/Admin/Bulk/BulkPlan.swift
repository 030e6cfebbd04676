internal import FlashSale
internal import SaleStore

/// What a bulk action comes to for each order, decided before anything is written.
enum BulkPlan {
  /// The commands for one order; none if the action can do nothing to it.
  ///
  /// A command's id is of its job, its order and, for a refund, its payment: however often it is written, it is done
  /// once.
  static func items(
    _ action: BulkAction, of job: Int64, _ order: LivingOrder, payments: [Payment], hasDeadLetters: Bool
  ) -> [BulkItem] {
    func item(_ payment: Payment? = nil) -> BulkItem {
      BulkItem(
        number: 0, order: order.decision.order, sku: payment?.sku ?? order.decision.stock.sku,
        command: CommandID(ofJob: job, refunding: payment?.key.id), payment: payment?.key.id,
        minor: payment?.refundDue)
    }
    switch action {
    case .cancel:
      let state = order.life?.state ?? (order.decision.outcome == .confirmed ? .confirmed : nil)
      return state.map { $0.isLive && $0 != .fulfilled } == true ? [item()] : []
    case .extend: return order.life?.state == .reserved ? [item()] : []
    case .refund: return payments.filter { $0.refundDue > 0 }.map { item($0) }
    case .resend: return hasDeadLetters ? [item()] : []
    }
  }
}

extension BulkAction {
  /// The command of one item; `nil`: it is none of the log.
  func command(_ item: BulkItem) -> OrderCommand.Action? {
    switch self {
    case .cancel: .cancel(nil)
    case .extend: .extend
    case .refund:
      // Of what is due alone: another job, or a person, may have noted the same refund since.
      if let payment = item.payment, let minor = item.minor {
        .refunded(payment, minor: minor, onlyDue: true)
      } else {
        nil
      }
    case .resend: nil
    }
  }
}
