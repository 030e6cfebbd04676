internal import FlashSale
internal import HTTPServing
internal import SaleStore
internal import Time

/// What an order of one item meets at this moment, and what may be said of one that was sent before. Decision 0021 has
/// the table.
enum SaleMoment: Equatable {
  /// It goes into the log.
  case open
  /// No order can have been taken yet.
  case notStarted(Timestamp)
  /// What is in line, or still on its way there, cannot win: nothing is left, the lane closed the stock, or all that
  /// came in time is decided. Whoever is not among the winners gets nothing.
  case over(Why)
  /// The end has passed, and orders of before it may not be decided yet.
  case ending
  /// The shop has closed the sale, and the lane has not come to that yet: orders in line can win.
  case closing

  enum Why: Equatable {
    case ended, soldOut
    /// Nothing is left, and some units are held: they can come back at this time at the earliest, if that is known.
    case allHeld(Timestamp?)
  }

  /// Reads the gauge first: a caller that looks at the sale's winners after this sees all who had won by then.
  init(_ sale: CatalogSale, _ item: CatalogItem, at now: Timestamp) {
    let level = item.gauge.level
    let isSettled = item.gauge.isSettled
    let (hasStarted, hasEnded) = (sale.sale.startsAt <= now, sale.sale.endsAt <= now)
    let isClosed = sale.closedAt != nil || level.isClosed
    if isClosed, level.isClosed || !hasStarted {
      self = .over(.ended)
    } else if !hasStarted {
      self = .notStarted(sale.sale.startsAt)
    } else if level.left == .zero {
      // Only nothing is nothing (I2): two units may be left for an order of three, and another one takes them.
      if hasEnded || isClosed {
        self = .over(.ended)
      } else {
        self = .over(level.isHeld ? .allHeld(item.gauge.earliestRelease) : .soldOut)
      }
    } else if hasEnded {
      self = isSettled ? .over(.ended) : .ending
    } else {
      self = isClosed ? .closing : .open
    }
  }

  /// The same for an order that waits for units that come back, where its sale lets it: nothing left is no end.
  func waiting(_ waits: Bool, in sale: CatalogSale) -> SaleMoment {
    guard waits, sale.hasWaitlist else { return self }
    switch self {
    case .over(.soldOut), .over(.allHeld): return .open
    default: return self
    }
  }

  /// Why an order without a key is not taken; `nil`: it is.
  func refusal(in sale: CatalogSale) -> Problem? {
    switch self {
    case .open: nil
    case .notStarted(let start): .notStarted(start)
    case .over(let why): why.problem(nil, sale)
    case .ending, .closing: .ended(nil)
    }
  }

  /// What an order with a key meets, which may have been sent before.
  enum Meeting {
    case take
    case refuse(Problem)
    /// Its outcome is looked up first. If the store does not know it, it is told `otherwise`; `nil`: it is taken.
    case lookUp(otherwise: Problem?)
  }

  /// What an order with a key meets.
  ///
  /// - Parameters:
  ///   - hasWon: whether the sale's winners have it.
  ///   - isComplete: whether the sale's winners are all known where that can be.
  func meeting(_ order: OrderID, in sale: CatalogSale, hasWon: Bool, isComplete: Bool) -> Meeting {
    switch self {
    case .open, .ending: hasWon ? .lookUp(otherwise: nil) : .take
    case .notStarted(let start): hasWon ? .lookUp(otherwise: .notStarted(start)) : .refuse(.notStarted(start))
    case .over(let why):
      hasWon || !isComplete ? .lookUp(otherwise: why.problem(order, sale)) : .refuse(why.problem(order, sale))
    // The order can be in line, and a new record of it could win if it is not.
    case .closing: .lookUp(otherwise: .unaccounted(order))
    }
  }
}

extension SaleMoment.Why {
  /// - Parameter order: the id that the request's key names.
  fileprivate func problem(_ order: OrderID?, _ sale: CatalogSale) -> Problem {
    switch self {
    case .ended: .ended(order)
    case .soldOut: .soldOut(order, hasWaitlist: sale.hasWaitlist)
    case .allHeld(let release): .allHeld(order, until: release, hasWaitlist: sale.hasWaitlist)
    }
  }
}
