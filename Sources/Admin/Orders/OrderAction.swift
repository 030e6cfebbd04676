internal import Accounts
internal import FlashSale

/// What a person can do with one order. The raw values are the last part of the paths.
enum OrderAction: String, CaseIterable, Sendable {
  case cancel, refund, extend, release, resend

  /// As for the same call of the admin API and for bulk jobs.
  var right: Right {
    switch self {
    case .cancel, .refund: .refund
    case .extend, .release, .resend: .operate
    }
  }
}

/// A command about one order, as a person asks for it.
enum OrderRequest: Hashable, Sendable {
  /// So many units, or all of them; of the line of this SKU, or of the whole order.
  case cancel(Units?, of: SKU?)
  /// So many minor units of a payment were paid back.
  case refund(PaymentID, minor: Int64)
  case extend
  case release

  /// What the lane is told.
  var command: OrderCommand.Action {
    switch self {
    case .cancel(let units, let sku): .cancel(units, of: sku)
    case .refund(let payment, let minor): .refunded(payment, minor: minor)
    case .extend: .extend
    case .release: .release
    }
  }

  /// What the admin log calls it.
  var logged: LogAction {
    switch self {
    case .cancel: .orderCancelled
    case .refund: .orderRefunded
    case .extend: .orderExtended
    case .release: .orderReleased
    }
  }

  /// What the admin log says of it; `nil`: nothing more.
  var words: String? {
    switch self {
    case .cancel(let units, let sku):
      "\(units.map { "\($0)" } ?? "all") units\(sku.map { " of \($0)" } ?? "")"
    case .refund(let payment, let minor): "\(minor) of payment \(payment)"
    case .extend, .release: nil
    }
  }
}
