internal import FlashSale

/// Mistakes that others made, or that we could have made, put into the simulated parts. A simulation that does not find
/// them would prove nothing. The real code stays as it is.
///
/// Some need two mistakes at once, because the design has a second guard behind the first one; the comment says which.
public enum PlantedBug: String, CaseIterable, Sendable {
  /// A batch is written without looking at the epoch or at the progress.
  case fenceRemoved = "fence-removed"

  /// A claim returns the epoch that the owner before it had.
  case epochReused = "epoch-reused"

  /// The progress is committed by itself, before the effect of its records, as a consumer group does it.
  case offsetFirst = "offset-first"

  /// The check for a repeat comes after the units were taken.
  case duplicateCheckLast = "duplicate-check-last"

  /// A worker that gets a partition back still believes in the stock that it knew, and writes it without looking
  /// whether the rows are as it knows them.
  case cacheKept = "cache-kept"

  /// Each attempt of a purchase gets an order id of its own.
  case randomOrderIDs = "random-order-ids"

  /// A commit without an answer counts as not done and is written again, past a fence that looks at the epoch only.
  case blindRetry = "blind-retry"

  /// Intake calls an unanswered order failed, and puts its units back.
  case unknownGivenBack = "unknown-given-back"

  /// After a record was quarantined, the progress goes one record too far.
  case skipAfterPoison = "skip-after-poison"

  /// A 202 is sent before the log has acknowledged.
  case answerBeforeAcknowledgement = "answer-before-acknowledgement"

  /// Rows whose order id is there already are left out, after their units were taken: ON CONFLICT DO NOTHING.
  case conflictIgnored = "conflict-ignored"

  /// What a buyer bought in earlier batches is not loaded.
  case purchasesNotLoaded = "purchases-not-loaded"

  /// Intakes are told the stock before the batch is committed.
  case signalBeforeCommit = "signal-before-commit"

  /// A lane goes on behind a gap in what it was given.
  case gapIgnored = "gap-ignored"

  /// A record that makes its batch fail is dropped: the lane moves on and keeps nothing of it.
  case poisonDropped = "poison-dropped"

  /// Buyers who hold units are not among those that a lane loads when it meets the sale.
  case holderForgotten = "holder-forgotten"

  /// After a row met its order id, the ids are not looked up: skipped once too often.
  case lookUpSkipped = "look-up-skipped"

  /// A batch that was decided ahead is written although the one before it failed, past stock rows that are not looked
  /// at.
  case aheadKept = "ahead-kept"

  /// After a lost connection, and with a claim, the log counts as the same without a look.
  case fingerprintIgnored = "fingerprint-ignored"

  /// A worker claims what is meant for it although its owner is alive.
  case leaseIgnored = "lease-ignored"

  /// After an outage a worker waits for everyone who ever had a row, and gives them partitions.
  case absentAwaited = "absent-awaited"

  /// A worker that is to be empty takes partitions like any other.
  case drainIgnored = "drain-ignored"

  /// What is to be done at a time by the server's clock waits for that time, though the clock was set back.
  case clockBelieved = "clock-believed"

  /// A partition is given back while its last batch is being written.
  case releasedEarly = "released-early"

  /// Intake takes each level that a signal brings for the newest one: signals applied out of order.
  case signalOutOfOrder = "signal-out-of-order"

  /// A level at which buyers are turned away is told before the winners up to it are read.
  case winnersUnread = "winners-unread"

  /// A reading of winners counts for levels that were learned after it began.
  case earlyReadingCounts = "early-reading-counts"

  /// The log's end is asked for when a sale ends, while orders are on their way that were accepted before.
  case endAskedEarly = "end-asked-early"

  /// A level that looks like the one that is told is not taken note of, though another one waits for its winners.
  case sameLevelIgnored = "same-level-ignored"

  /// An order is not looked up in a closed generation of which the lane has no filter yet.
  case closedNotLookedUp = "closed-not-looked-up"

  /// A filter is made before its generation is closed, so that it lacks what comes later.
  case filterLacksOrders = "filter-lacks-orders"

  /// A lane takes what it has written itself for all orders of a closed generation.
  case ownOrdersNotCounted = "own-orders-not-counted"

  /// A batch is written without looking which generation is open.
  case generationNotChecked = "generation-not-checked"

  /// A generation is closed while batches are in flight that write into it.
  case closedInFlight = "closed-in-flight"

  /// What is decided leaves no line: a gate that has closed never opens again.
  case gateStaysShut = "gate-stays-shut"

  /// What is decided leaves the line of no sale: a sale whose backlog was full once takes nothing more.
  case backlogStaysFull = "backlog-stays-full"

  /// What a buyer has had is not kept: a rate limit that limits nobody.
  case rateForgotten = "rate-forgotten"
  /// What is counted for a limit subject, or for an access code, is not loaded.
  case subjectForgotten = "subject-forgotten"

  /// Subjects that something is counted for are not among those that a lane loads when it meets the sale.
  case subjectHolderForgotten = "subject-holder-forgotten"

  /// Those whose outcome the store could not tell are not asked for again.
  case watcherForgotten = "watcher-forgotten"

  /// A hold that has ended gives its units back once more when it is to end again.
  case releasedTwice = "released-twice"

  /// A hold ends before its time.
  case expiryEarly = "expiry-early"

  /// A payment that nothing is owed for is dropped.
  case refundSwallowed = "refund-swallowed"

  /// Those who wait are loaded in another order than the log's.
  case waitlistUnordered = "waitlist-unordered"

  /// Those who wait are not loaded.
  case waitersForgotten = "waiters-forgotten"

  /// Units that a buyer has given back still count for her limit.
  case allowanceKept = "allowance-kept"

  /// What an order has given back still counts for its limit subjects.
  case subjectKept = "subject-kept"

  /// A payment needs units that are left, as if they were not held for the order already.
  case ownHoldInTheWay = "own-hold-in-the-way"

  /// A command that was decided before is decided again.
  case commandForgotten = "command-forgotten"

  /// A command is compared with the last one that had its id, not with the first one.
  case lastCommandCounts = "last-command-counts"

  /// A command about a stock that was decided before is decided again.
  case restockTwice = "restock-twice"

  /// A lane remembers the lives that a batch would have left behind that was not committed.
  case livesKept = "lives-kept"

  /// A scheduler takes what it may have written for written.
  case expiryForgotten = "expiry-forgotten"

  /// A scheduler that has looked at holds that are due never looks at them again.
  case lookGoesOn = "look-goes-on"

  /// A scheduler waits for ever for the end of a write that the log did not take.
  case lostWriteGoesOn = "lost-write-goes-on"

  /// With all units held, intake says that all is sold.
  case heldCountsAsSold = "held-counts-as-sold"

  /// A basket that is refused keeps the units of the lines before the one that it is refused for.
  case basketInPart = "basket-in-part"

  /// A line of a basket does not see what the lines before it count for the buyer's limit.
  case lineLimitAlone = "line-limit-alone"

  /// Units of one line that are cancelled come back as units of the basket's first SKU.
  case lineGivesAnothersBack = "line-gives-anothers-back"

  /// The lines of a basket are not loaded with its life.
  case linesForgotten = "lines-forgotten"

  /// A basket has to be paid as if all its units cost what the first one does.
  case firstPriceForAll = "first-price-for-all"

  /// A refund of what is due takes from what the order is paid with, too.
  case dueNotLookedAt = "due-not-looked-at"

  /// A stock is loaded with the rules of its sale, not with those that commands have given it.
  case rulesOfTheSale = "rules-of-the-sale"

  /// A hold that ran out cannot be paid late where a wrong amount came for it.
  case wrongAmountLasts = "wrong-amount-lasts"

  /// A stock that was closed sells on.
  case closedStillSold = "closed-still-sold"

  /// What an order asks for counts once more for a limit subject that has something.
  case subjectCountedTwice = "subject-counted-twice"

  /// A cancellation of some units gives one more back, where there is one.
  case cancelsMore = "cancels-more"

  /// Extensions of a hold are not counted.
  case extendedForEver = "extended-for-ever"

  /// A restock puts up twice what it says.
  case restockDoubled = "restock-doubled"

  /// Whether it can only be found where a sale shapes its crowd. Others are looked for in worlds where all requests get
  /// into the log: the more, the sooner.
  var isOfShaping: Bool { [.gateStaysShut, .backlogStaysFull, .rateForgotten].contains(self) }

  /// Whether a level is written whether its row is as the lane knows it or not.
  var writesAnyLevel: Bool { self == .cacheKept || self == .aheadKept || self == .rulesOfTheSale }

  /// Whether it is a mistake in the decision function. A replay makes it, too, and tells nothing (I10): a rule that is
  /// reckoned without that function has to find it.
  public var decidesOtherwise: Bool {
    switch self {
    case .duplicateCheckLast, .releasedTwice, .expiryEarly, .refundSwallowed, .ownHoldInTheWay: true
    case .basketInPart, .lineLimitAlone, .lineGivesAnothersBack, .firstPriceForAll, .dueNotLookedAt: true
    case .wrongAmountLasts, .closedStillSold, .subjectCountedTwice, .cancelsMore, .extendedForEver: true
    case .restockDoubled: true
    default: false
    }
  }

  /// What lanes decide by then.
  func decides(_ state: inout LaneStock, _ record: LogRecord, at offset: Offset, into effects: inout Effects) {
    switch record {
    case .place(let request): decides(&state, request, at: offset, into: &effects)
    case .order(let command): decides(&state, command, at: offset, into: &effects)
    case .stock(let command): decides(&state, command, at: offset, into: &effects)
    case .close: decide(&state, record, at: offset, into: &effects)
    }
  }

  private func decides(
    _ state: inout LaneStock, _ request: PurchaseRequest, at offset: Offset, into effects: inout Effects
  ) {
    switch self {
    case .duplicateCheckLast:
      guard state.decided.contains(request.order), let level = state.stock[request.stock], !level.isClosed,
        level.left >= request.quantity
      else { break }
      state.stock[request.stock]?.left = level.left - request.quantity
      effects.change(request.stock)
      return effects.repeated(request.stock.sale)
    case .closedStillSold:
      guard state.stock[request.stock]?.isClosed == true else { break }
      state.stock[request.stock]?.isClosed = false
      decide(&state, .place(request), at: offset, into: &effects)
      state.stock[request.stock]?.isClosed = true
      return
    case .subjectCountedTwice:
      let counted = request.terms.subjects.map(request.counted).filter { state.heldBySubject[$0] ?? .zero > .zero }
      func add(_ units: Int32) { for subject in counted { state.heldBySubject[subject]? += units } }
      add(request.quantity.rawValue)
      decide(&state, .place(request), at: offset, into: &effects)
      return add(-request.quantity.rawValue)
    default: if request.isBasket { return decides(&state, basket: request, at: offset, into: &effects) }
    }
    decide(&state, .place(request), at: offset, into: &effects)
  }

  private func decides(
    _ state: inout LaneStock, _ command: StockCommand, at offset: Offset, into effects: inout Effects
  ) {
    guard self == .restockDoubled, command.id == nil, case .restock(let units) = command.action,
      let other = try? StockCommand(
        stock: command.stock, at: command.at, action: .restock(units + units), id: command.id, by: command.by)
    else { return decide(&state, .stock(command), at: offset, into: &effects) }
    decide(&state, .stock(other), at: offset, into: &effects)
  }
}

extension Units {
  fileprivate static func += (a: inout Self, b: Int32) { a = Units(a.rawValue + b) }
}
