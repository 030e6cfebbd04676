/// What a group's buyers do about what they have won, in a sale that holds it until it is paid.
struct Conduct: Equatable, Sendable {
  /// Of those who win, the share who never pay.
  var unpaid = 0.0
  /// Of those who win, the share who cancel: half of them in part, and half of each before they pay.
  var cancelled = 0.0
  /// Of the requests, the share that waits for units that come back.
  var waits = 0.0
  /// Whether who let a hold lapse, or was refused after all, orders once more while her tries last.
  var ordersAgain = false
}

/// What one buyer does about one order.
enum Intent: Equatable, Sendable {
  case pays
  case neverPays
  case cancels(inPart: Bool, paysFirst: Bool)

  /// - Parameters:
  ///   - place: where she stands among all who win, from 0 up to 1.
  ///   - bits: two more draws, for those who cancel.
  init(_ conduct: Conduct, place: Double, bits: UInt64) {
    if place < conduct.unpaid {
      self = .neverPays
    } else if place < conduct.unpaid + conduct.cancelled {
      self = .cancels(inPart: bits & 1 == 0, paysFirst: bits & 2 == 0)
    } else {
      self = .pays
    }
  }

  /// In their order.
  var deeds: [Deed] {
    switch self {
    case .pays: [.pay]
    case .neverPays: []
    case .cancels(let inPart, paysFirst: true): [.pay, .cancel(inPart: inPart)]
    case .cancels(inPart: true, paysFirst: false): [.cancel(inPart: true), .pay]
    case .cancels(inPart: false, paysFirst: false): [.cancel(inPart: false)]
    }
  }
}

/// One thing that a buyer does about an order.
enum Deed: Equatable, Sendable {
  case pay
  /// Half of the units, or all.
  case cancel(inPart: Bool)
}
