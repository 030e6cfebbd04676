package import Time

/// What an order of one item meets at this moment, and what may be said of one that was sent before. Decision 0021 has
/// the table.
package enum OrderMoment: Hashable, Sendable {
  /// It goes into the log.
  case open
  /// No order can have been taken yet.
  case notStarted(Timestamp)
  /// What is in line, or still on its way there, cannot win: nothing is left, the lane closed the stock, or all that
  /// came in time is decided. Only the winners get anything.
  case over(Why)
  /// The end has passed, and orders of before it may not be decided yet.
  case ending
  /// The shop has closed the sale, and the lane has not come to that yet: orders in line can win.
  case closing

  package enum Why: Hashable, Sendable {
    case ended, soldOut
    /// Nothing is left, and some units are held: they can come back at this time at the earliest, if that is known.
    case allHeld(Timestamp?)
  }

  /// What is known of an item, all of one moment. It is read before the sale's winners are.
  package struct Item: Sendable {
    let left: Units
    let isClosed: Bool
    let isHeld: Bool
    let isSettled: Bool
    let earliestRelease: Timestamp?

    /// - Parameters:
    ///   - isClosed: whether the lane has closed its stock.
    ///   - isHeld: whether units are held that can come back.
    ///   - isSettled: whether all that was accepted before the sale's end is decided.
    ///   - earliestRelease: when the first of the held units can come back; `nil`: not known.
    package init(left: Units, isClosed: Bool, isHeld: Bool, isSettled: Bool, earliestRelease: Timestamp?) {
      self.left = left
      self.isClosed = isClosed
      self.isHeld = isHeld
      self.isSettled = isSettled
      self.earliestRelease = earliestRelease
    }
  }

  /// - Parameters:
  ///   - startsAt: when the sale opens; orders are taken from then on, and until before `endsAt`.
  ///   - isClosed: whether the shop has closed the sale.
  ///   - waits: whether the order waits for units that come back. While nothing is left, it has not come to its end:
  ///     what is in line can still offer units to it, or to the order that it repeats.
  package init(
    of item: Item, from startsAt: Timestamp, to endsAt: Timestamp, isClosed byShop: Bool, waits: Bool = false,
    at now: Timestamp
  ) {
    let (hasStarted, hasEnded) = (startsAt <= now, endsAt <= now)
    let isClosed = byShop || item.isClosed
    if isClosed, item.isClosed || !hasStarted {
      self = .over(.ended)
    } else if !hasStarted {
      self = .notStarted(startsAt)
    } else if item.left == .zero, !waits {
      // Only nothing is nothing (I2): two units may be left for an order of three, and another one takes them.
      if hasEnded || isClosed {
        self = .over(.ended)
      } else {
        self = .over(item.isHeld ? .allHeld(item.earliestRelease) : .soldOut)
      }
    } else if hasEnded {
      self = item.isSettled ? .over(.ended) : .ending
    } else {
      self = isClosed ? .closing : .open
    }
  }

  /// What a basket meets: what the line meets that can win least, and which one that is.
  package static func ofBasket(_ lines: some Sequence<OrderMoment>) -> (moment: OrderMoment, line: Int) {
    var worst = (moment: OrderMoment.open, line: 0)
    for (index, moment) in lines.enumerated() {
      if case .over = moment { return (moment, index) }
      if worst.moment == .open, moment != .open { worst = (moment, index) }
    }
    return worst
  }
}

// MARK: - What is said

extension OrderMoment {
  /// Why an order is not taken.
  package enum Refusal: Hashable, Sendable {
    case notStarted(Timestamp)
    case over(Why)
    /// It may be in line, and nobody knows yet what becomes of it.
    case unaccounted
  }

  /// Why an order without a key is not taken; `nil`: it is.
  package var refusal: Refusal? {
    switch self {
    case .open: nil
    case .notStarted(let start): .notStarted(start)
    case .over(let why): .over(why)
    case .ending, .closing: .over(.ended)
    }
  }

  /// What an order with a key meets, which may have been sent before.
  package enum Meeting: Hashable, Sendable {
    case take
    case refuse(Refusal)
    /// Its outcome is looked up first. If the store does not know it, it is told `otherwise`; `nil`: it is taken.
    case lookUp(otherwise: Refusal?)
  }

  /// What an order with a key meets.
  ///
  /// - Parameters:
  ///   - hasWon: whether the sale's winners have it.
  ///   - isComplete: whether the sale's winners are all known where that can be.
  package func meeting(hasWon: Bool, isComplete: Bool) -> Meeting {
    switch self {
    case .open, .ending: hasWon ? .lookUp(otherwise: nil) : .take
    case .notStarted(let start): hasWon ? .lookUp(otherwise: .notStarted(start)) : .refuse(.notStarted(start))
    case .over(let why): hasWon || !isComplete ? .lookUp(otherwise: .over(why)) : .refuse(.over(why))
    // The order can be in line, and a new record of it could win if it is not.
    case .closing: .lookUp(otherwise: .unaccounted)
    }
  }
}
