internal import FlashSale
internal import HTTPServing
internal import Logging
internal import SaleStore
internal import Time
internal import Vitals

// Commands through the log: nobody else changes stock.

/// Under which id a command is written: each id is done once.
struct CommandName: Sendable {
  let id: CommandID

  /// Whether its sender can send it again under the same id.
  let isKept: Bool

  /// The caller's name for it; without one, a new id, so that the log does it once even if it gets it twice.
  init(_ key: IdempotencyKey?) {
    id = key.map { CommandID($0) } ?? .random()
    isKept = key != nil
  }

  /// One that is stored.
  init(kept id: CommandID) {
    self.id = id
    isKept = true
  }
}

extension SaleDesk {
  /// Restocks, reduces or reopens one SKU, and tells what the lane decided. A repeat is told what the first one did.
  func command(
    _ id: SaleID, _ sku: SKU, _ action: StockCommand.Action, named name: CommandName, by actor: Actor
  ) async throws -> CommandEffects {
    let stored = try await stored(id)
    guard stored.sale.item(sku) != nil else { throw Problem.unknownSKU(sku, id) }
    if case .reopen = action, stored.isDrawForgotten(at: .now) {
      throw Problem(.notAllowed, detail: "The sale's lottery is forgotten: create another sale.")
    }
    let effects = try await write([(sku, action)], of: stored, named: name, by: actor)
    if effects.effects.first?.result == HistoryEntry.Result.tooMuch.code { throw Problem.tooMuch(sku, action) }
    var isReopened = false
    if case .reopen = action { isReopened = true }
    return try await told(effects, id, isReopened: isReopened)
  }

  /// Ends selling: by a record for each SKU, and then on the sale, so that intakes turn requests away. Does not wait
  /// for the lanes. A repeat finishes a close that stopped half way, and closes nothing that was reopened since.
  func close(_ id: SaleID, named name: CommandName, by actor: Actor) async throws -> AdminSale {
    let stored = try await stored(id)
    let closes = stored.sale.items.map { (sku: $0.sku, action: StockCommand.Action.close) }
    let isRepeat = try await write(closes, of: stored, named: name, by: actor, waiting: .zero).isRepeat
    let closed = try await asking("close", changes: "the sale may be closed, now or later") { [store] in
      try await store.markClosed(id, isRepeat: isRepeat)
    }
    guard let closed else { throw Problem.saleNotFound(id) }
    return AdminSale(closed, at: .now)
  }

  /// Changes the rules of a sale, by a record for each SKU.
  ///
  /// - Parameter version: of the change that it was made from; `nil`: whatever there is.
  func change(
    _ id: SaleID, _ asked: CommandRequest.Change, named name: CommandName, from version: Int64? = nil, by actor: Actor
  ) async throws -> CommandEffects {
    let stored = try await stored(id)
    try check(asked, of: stored)
    let changes = try stored.sale.items.compactMap { item in
      try asked.rules(of: item.sku).map { (sku: item.sku, action: StockCommand.Action.change($0)) }
    }
    let effects = try await editing(stored, from: version, named: name, by: actor) {
      try await write(changes, of: stored, named: name, by: actor)
    }
    if effects.isDecided, effects.effects.allSatisfy({ $0.result == HistoryEntry.Result.tooMuch.code }) {
      throw Problem(.notAllowed, detail: "The lanes refused the change; nothing was changed.")
    }
    return try await told(effects, id, isReopened: false)
  }

  private func check(_ asked: CommandRequest.Change, of stored: StoredSale) throws(Problem) {
    let sale = stored.sale
    func refuse(_ field: String, _ reason: String) -> Problem { .body(.invalidField(field, reason)) }
    guard asked.startsAt ?? sale.startsAt < asked.endsAt ?? sale.endsAt else {
      throw refuse("ends_at", "must be after starts_at")
    }
    if sale.shaping.room?.refusal(ofEnd: asked.endsAt ?? sale.endsAt) != nil {
      throw refuse("ends_at", "must be after the waiting room's opens_at")
    }
    if asked.startsAt ?? asked.endsAt != nil, stored.isDrawForgotten(at: .now) {
      throw refuse(asked.endsAt == nil ? "starts_at" : "ends_at", "cannot change: the sale's lottery is forgotten")
    }
    if let reason = sale.undrawable(from: asked.startsAt ?? sale.startsAt, to: asked.endsAt ?? sale.endsAt) {
      throw refuse(asked.endsAt == nil ? "starts_at" : "ends_at", reason)
    }
    // Nobody has counted what buyers hold, and perhaps several lanes would have to.
    if asked.perBuyerLimit != nil, sale.perBuyerLimit == nil {
      throw refuse("per_buyer_limit", "cannot be given to a sale that has none")
    }
    if !asked.prices.isEmpty, sale.holds == nil {
      throw refuse("prices", "cannot change in a sale without holds, which does not keep the price of each order")
    }
    for sku in asked.prices.keys.sorted() where sale.item(sku) == nil {
      throw refuse("prices.\(sku)", "is no SKU of the sale")
    }
  }

  /// Does something to an order, for an admin.
  func command(
    _ order: OrderID, _ action: OrderCommand.Action, named name: CommandName, by actor: Actor
  ) async throws -> CommandEffects {
    let found = try await asking("order") { [store] in try await store.orders([order]) }.first
    guard let found else { throw Problem(.orderNotFound, detail: "No order \(order) is decided.") }
    let stored = try await asking("show") { [store] in try await store.sale(found.stock.sale) }
    guard let stored else { throw Problem.storeUnavailable }
    let command = try OrderCommand(
      order: order, stock: found.stock, at: .now, action: action, id: name.id, by: actor)
    let record = (command: LogRecord.order(command), key: RecordKey(sale: stored.sale, sku: found.stock.sku))
    let positions = try await write([record], canRepeat: name.isKept)
    let isDecided = try await areDecided(positions)
    let effect = try await asking("command") { [store] in try await store.effect(of: name.id, on: order) }
    let effects =
      effect.map { [CommandEffects.Effect($0)] }
      ?? positions.map { CommandEffects.Effect(queued: action.historyAction, of: found.stock.sku, at: $0) }
    if let effect {
      guard effect.isOf(action) else { throw Problem.keyNamesAnother }
      if let refusal = Problem.refusal(effect.action, effect.result, of: order, effect.state) { throw refusal }
    }
    return CommandEffects(
      orderID: "\(order)", sale: try await sale(stored.sale.id), effects: effects,
      isDecided: isDecided && effect != nil)
  }

  // MARK: Writing and waiting

  /// - Parameter patience: how long to wait for the lanes' decisions.
  private func write(
    _ commands: [(sku: SKU, action: StockCommand.Action)], of stored: StoredSale, named name: CommandName,
    by actor: Actor, waiting patience: Duration = Limits.decisionPatience
  ) async throws -> CommandEffects {
    let now = Timestamp.now
    var found = name.isKept ? try await effects(of: commands, in: stored, name) : [:]
    let missing = commands.filter { found[$0.sku] == nil }
    let records = try missing.map { sku, action in
      let command = try StockCommand(
        stock: StockKey(sale: stored.number, sku: sku), at: now, action: action, id: name.id, by: actor)
      return (command: LogRecord.stock(command), key: RecordKey(sale: stored.sale, sku: sku))
    }
    var positions: [SKU: LogPosition] = [:]
    var isDecided = true
    if !records.isEmpty {
      positions = Dictionary(
        uniqueKeysWithValues: zip(missing.map(\.sku), try await write(records, of: stored, name, by: actor)))
      isDecided = try await areDecided(Array(positions.values), within: patience)
      found = try await effects(of: commands, in: stored, name)
    }
    let first = commands.first.flatMap { found[$0.sku] }
    return CommandEffects(
      orderID: nil, sale: AdminSale(stored, at: now),
      effects: commands.compactMap { sku, action in
        if let effect = found[sku] { return CommandEffects.Effect(effect) }
        return positions[sku].map { CommandEffects.Effect(queued: action.historyAction, of: sku, at: $0) }
      }, isDecided: isDecided,
      isRepeat: records.isEmpty, doneBefore: first.flatMap { positions[$0.sku] == $0.position ? nil : $0.at })
  }

  /// What is decided of commands with this name. Throws if one that is decided asked for something else.
  private func effects(
    of commands: [(sku: SKU, action: StockCommand.Action)], in stored: StoredSale, _ name: CommandName
  ) async throws -> [SKU: StoredEffect] {
    let found = try await asking("history") { [store] in
      try await store.effects(of: name.id, on: commands.map(\.sku), of: stored.number)
    }
    let effects = Dictionary(found.map { ($0.sku, $0) }, uniquingKeysWith: { first, _ in first })
    for (sku, action) in commands {
      if let digest = effects[sku]?.digest, digest != action.digest { throw Problem.keyNamesAnother }
    }
    return effects
  }

  private func write(
    _ records: [(command: LogRecord, key: RecordKey)], of stored: StoredSale, _ name: CommandName, by actor: Actor
  ) async throws -> [LogPosition] {
    let positions = try await write(records, canRepeat: name.isKept)
    logger.notice(
      "commands for a sale are in the log",
      metadata: ["sale": "\(stored.sale.id)", "by": "\(actor.name)", "because": "\(actor.reason)"])
    return positions
  }

  private func write(
    _ records: [(command: LogRecord, key: RecordKey)], canRepeat: Bool
  ) async throws -> [LogPosition] {
    do {
      let positions = try await Patience.value(atMost: Limits.writePatience) { [hooks] in
        try await hooks.writeCommands(records)
      }
      if let positions { return positions }
    } catch {
      logger.warning("commands were not all written", metadata: ["error": "\(String(reflecting: error))"])
    }
    throw Problem(
      .outcomeUnknown,
      detail: canRepeat
        ? "It may be done, now or later. Sending it again with the same Idempotency-Key is safe: it is done once."
        : "It may be done, now or later. Look what has become of it before you send it again: it could be done twice."
    ).with { $0.retryAfterMilliseconds = Limits.unknownRetryMilliseconds }
  }

  private func areDecided(
    _ positions: [LogPosition], within patience: Duration = Limits.decisionPatience
  ) async throws -> Bool {
    let end = ContinuousClock.now + patience
    while true {
      if try await asking("progress", { [store, topic] in try await store.areDecided(positions, topic: topic) }) {
        return true
      }
      guard .now < end else { return false }
      try await Task.sleep(for: Limits.decisionLook)
    }
  }

  /// Tells every intake, and shows the sale as it is behind the commands.
  private func told(_ effects: CommandEffects, _ id: SaleID, isReopened: Bool) async throws -> CommandEffects {
    let stored = try await asking("tell", changes: "the change is in the log") { [store] in
      try await store.markChanged(id, isReopened: isReopened, at: effects.doneBefore)
    }
    guard let stored else { throw Problem.saleNotFound(id) }
    return CommandEffects(
      orderID: nil, sale: AdminSale(stored, at: .now), effects: effects.effects, isDecided: effects.isDecided)
  }
}

extension Problem {
  static let keyNamesAnother = Problem(
    .idempotencyConflict, detail: "The first command counts. Send this one with a key of its own.",
    field: IdempotencyKey.field)

  fileprivate static func unknownSKU(_ sku: SKU, _ sale: SaleID) -> Problem {
    Problem(.unknownSKU, detail: "The sale \(sale) has no SKU \(sku).", field: "sku")
  }

  static func tooMuch(_ sku: SKU, _ action: StockCommand.Action) -> Problem {
    var reason = "All units of \(sku) together would be more than \(FlashSale.Limits.stockUnits)"
    if case .reduce = action { reason = "So many units of \(sku) are not left: what is sold or held stays" }
    return Problem(.tooMuch, detail: "\(reason). Nothing was changed.", field: "units")
  }
}

extension Sale {
  /// Why its lottery could not be drawn any more in this window; `nil`: it can, or could not before.
  fileprivate func undrawable(from start: Timestamp, to end: Timestamp) -> String? {
    guard let room = shaping.room, room.refusal(startsAt: startsAt, endsAt: endsAt) == nil,
      case .invalidField(let field, let reason) = room.refusal(startsAt: start, endsAt: end)
    else { return nil }
    return "would leave the lottery without a draw: \(field) \(reason)"
  }
}
