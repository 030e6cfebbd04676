internal import FlashSale
internal import HTTPServing
internal import Logging
internal import OrderLog
internal import SaleStore
internal import Synchronization
internal import Time
internal import Vitals

/// A command about an order, as somebody sent it.
struct CommandCall: Sendable {
  let order: OrderID
  let action: OrderCommand.Action
  let id: CommandID

  /// Whether the caller can send it again as the same one.
  let canRepeat: Bool

  /// Whose order it has to be; `nil`: whoever's.
  let buyer: BuyerID?

  /// Whose order the payment is for, as its teller says; `nil`: the order's own buyer's. Money is in it, so the lane
  /// decides what another one means.
  var payer: BuyerID?

  /// Where the order stands in the log, if a ticket says so.
  let position: LogPosition?
  let by: Actor

  /// How long the answer may wait for what it does.
  let patience: Duration
}

/// Takes commands about orders into the log, and tells what they did.
///
/// (1) Each is durable before it is answered. What it did, the lane decides; it is told from the history.
/// (2) What surely does nothing is refused before it is written, so that nobody makes the log and the history longer by
///     repeating it. Money for an order that the store has is always written, once (I13).
/// (3) A command that was decided before is answered with what it did then.
final class LifeDesk: Sendable {
  private let store: SaleStore
  /// What commands did, many with one statement.
  private let effects: SharedLookup<(id: CommandID, order: OrderID), StoredEffect?>
  let orders: OrderStatusRoute
  private let catalog: CurrentCatalog
  private let writers: OrderWriters
  private let backlogLimit: Int64
  private let calls = Atomic<Int>(0)

  init(
    store: SaleStore, orders: OrderStatusRoute, catalog: CurrentCatalog, writers: OrderWriters, backlogLimit: Int64
  ) {
    self.store = store
    effects = SharedLookup(statements: Limits.effectStatements) { try await store.effects(of: $0) }
    self.orders = orders
    self.catalog = catalog
    self.writers = writers
    self.backlogLimit = backlogLimit
  }

  /// Takes a command.
  func perform(_ call: CommandCall) async throws(Problem) -> CommandAnswer {
    defer { calls.subtract(1, ordering: .relaxed) }
    guard calls.add(1, ordering: .relaxed).newValue <= Limits.commandCalls else {
      throw .busy("Too many commands are on their way.")
    }
    let order = try await find(call)
    if let effect = try await asking({ [effects] in try await effects.find((call.id, call.order)) }) {
      return try answer(to: call, effect, order)
    }
    if let problem = order.refusal(of: call.action, catalog.current.sale(numbered: order.stock.sale)?.sale.holds) {
      throw problem
    }
    let position = try await write(call, order)
    guard await isDecided(position, within: call.patience) else { return queued(call, order, position) }
    guard let effect = try await asking({ [effects] in try await effects.find((call.id, call.order)) }) else {
      throw .commandUnknown(call.order, canRepeat: call.canRepeat)
    }
    return try answer(to: call, effect, try await find(call))
  }

  /// Refuses a refund of a payment that nobody has told of yet: written, it would do nothing under its key for good.
  /// And one that names another currency than its payment's, which never changes.
  func check(_ refund: CommandRequest.Money, of order: OrderID) async throws(Problem) {
    let key = Payment.Key(sale: order.sale, id: refund.payment)
    guard let currency = try await asking({ [store] in try await store.currency(of: key) }) else {
      throw try await lookUp(order, at: nil) == nil ? .orderNotFound : .paymentNotFound
    }
    guard !refund.currency.isEmpty else { return }
    do throws(BodyError) { try refund.check(against: currency) } catch { throw .body(error) }
  }

  /// The order, as it stands now.
  private func find(_ call: CommandCall) async throws(Problem) -> StoredOrder {
    if let position = call.position, position.offset >= orders.standing(of: position).watermark {
      throw .notDecided(call.order)
    }
    let stored = try await lookUp(call.order, at: call.position)
    guard let stored, call.buyer == nil || call.buyer == stored.buyer else {
      if case .pay = call.action { throw .nothingToPay }
      throw .orderNotFound
    }
    return stored
  }

  /// An order; `nil`: none of this id is decided.
  private func lookUp(_ order: OrderID, at position: LogPosition?) async throws(Problem) -> StoredOrder? {
    try orders.checkStore()
    let finding: OrderLookup.Finding
    do {
      finding = try await orders.lookup.find(order, at: position)
    } catch {
      throw .busy("Orders cannot be looked up now.")
    }
    guard case .decided(let stored) = finding else { return nil }
    return stored
  }

  private func asking<Answer: Sendable>(
    _ question: @Sendable () async throws -> Answer
  ) async throws(Problem) -> Answer {
    do {
      return try await question()
    } catch {
      orders.logger.warning("a command's effect could not be looked up", metadata: ["error": "\(error)"])
      throw .busy("What commands did cannot be looked up now.")
    }
  }

  private func write(_ call: CommandCall, _ order: StoredOrder) async throws(Problem) -> LogPosition {
    guard let item = catalog.current.sale(numbered: order.stock.sale)?[order.stock.sku] else {
      throw .busy("The order's sale is not known here yet.")
    }
    let standing = item.standing
    guard !standing.isHalted else { throw .partitionHalted }
    guard !standing.isStalled else { throw .logStalled }
    guard standing.backlog < backlogLimit else { throw .backlogFull(standing) }
    let command: OrderCommand
    do throws(ValidationError) {
      command = try OrderCommand(
        order: call.order, stock: order.stock, buyer: call.payer ?? order.buyer, at: .now, action: call.action,
        id: call.id, by: call.by)
    } catch {
      throw .body(.invalidField(error.field, error.reason))
    }
    let record = OutgoingRecord(.order(command), under: item.key, in: item.partition)
    let position: LogPosition?
    do {
      position = try await Patience.value(atMost: Limits.acknowledgementDeadline) { [writers] in
        try await writers.write(record)
      }
    } catch let error as Unwritten where error.unknown == 0 {
      throw .busy("The log did not take the command: \(error.cause.description).")
    } catch {
      throw .commandUnknown(call.order, canRepeat: call.canRepeat)
    }
    guard let position else { throw .commandUnknown(call.order, canRepeat: call.canRepeat) }
    standing.raiseEnd(to: position.offset.next)
    return position
  }

  /// Waits until the watermark, which is in memory, has passed a place.
  private func isDecided(_ position: LogPosition, within patience: Duration) async -> Bool {
    let standing = orders.standing(of: position)
    let end = ContinuousClock.now + patience
    var pause = Limits.commandLook.lowerBound
    while standing.watermark <= position.offset {
      guard .now < end, (try? await Task.sleep(for: pause)) != nil else { return false }
      pause = min(pause * 2, Limits.commandLook.upperBound)
    }
    return true
  }

  private func queued(_ call: CommandCall, _ order: StoredOrder, _ position: LogPosition) -> CommandAnswer {
    let standing = orders.standing(of: position)
    let place = standing.position(of: position.offset)
    return .queued(
      order, call.action.historyAction,
      ticket: orders.signer.sign(Ticket(position), order: order.order, buyer: order.buyer), position: place,
      eta: standing.eta(position: place))
  }

  private func answer(
    to call: CommandCall, _ effect: StoredEffect, _ order: StoredOrder
  ) throws(Problem) -> CommandAnswer {
    // One key was used for two commands, or one payment's id for two captures.
    guard effect.isOf(call.action) else {
      if case .pay = call.action { throw .paymentUsed }
      throw .commandConflict(call.order)
    }
    if let problem = effect.refusal(of: call.order) { throw problem }
    return .done(effect, order, catalog.current.sale(numbered: order.stock.sale))
  }
}

extension Problem {
  fileprivate static func commandConflict(_ order: OrderID) -> Problem {
    Problem(
      .idempotencyConflict, detail: "The first command counts. Send this one with a key of its own.",
      field: IdempotencyKey.field
    ).with { $0.order = order }
  }
}

extension StoredOrder {
  /// The units of a SKU that it is for by now; `nil`: it has no such line.
  private func units(of sku: SKU) -> Units? {
    guard !lines.isEmpty else { return sku == stock.sku ? life?.units ?? quantity : nil }
    if let life { return life.lines.first { $0.sku == sku }?.units }
    return lines.first { $0.sku == sku }?.quantity
  }

  /// Why a command that moves no money surely does nothing, as the order stands; `nil`: the lane decides.
  fileprivate func refusal(of action: OrderCommand.Action, _ rules: HoldRules?) -> Problem? {
    switch action {
    case .pay, .refunded, .expire: return nil
    case .cancel, .release, .extend, .fulfil: break
    }
    if case .rejected = outcome { return .orderRefused(order) }
    let state = life?.state ?? (outcome == .waitlisted ? .waiting : .confirmed)
    switch action {
    case .extend:
      guard state == .reserved else { return .notAllowed(order, state) }
      return life.map { $0.extensions >= rules?.extensions ?? 0 } ?? true ? .noneLeft(order, state) : nil
    case .release: return state == .reserved || state == .waiting ? nil : .notAllowed(order, state)
    case .cancel(let units, let sku):
      guard state.isLive, state != .fulfilled else { return .notAllowed(order, state) }
      guard sku != nil || units != nil else { return nil }
      guard sku != nil || lines.isEmpty else { return .lineMissing(order) }
      guard let has = self.units(of: sku ?? stock.sku) else { return .unknownLine(order) }
      return units ?? Units(1) > has ? .tooMuch(order, state) : nil
    case .fulfil: return state.next.contains(.fulfilled) ? nil : .notAllowed(order, state)
    case .pay, .refunded, .expire: return nil
    }
  }
}
