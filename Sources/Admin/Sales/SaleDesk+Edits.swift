internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import SaleStore
internal import Time

// Changes of a sale's rules, one after another: of two people who save at once, the second is told.

/// Somebody else has changed the sale since it was loaded, or does at this moment.
struct OutdatedEdit: Error {}

extension SaleDesk {
  /// The last change of a sale; `nil`: there was none.
  func edit(of stored: StoredSale) async throws -> SaleEdit? {
    try await asking("edit") { [store] in try await store.edit(of: stored.number) }
  }

  /// The same, once lanes have decided it; as it is after `Limits.decisionPatience`.
  func settledEdit(of stored: StoredSale) async throws -> SaleEdit? {
    let end = ContinuousClock.now + Limits.decisionPatience
    while true {
      let edit = try await edit(of: stored)
      if edit?.isSettled ?? true || .now > end { return edit }
      try await Task.sleep(for: Limits.decisionLook)
    }
  }

  /// Does a change between its beginning and its end.
  ///
  /// - Parameter version: of the change that it was made from; `nil`: whatever there is.
  /// - Throws: `OutdatedEdit` if that is not the last one any more, or is not decided yet.
  func editing(
    _ stored: StoredSale, from version: Int64?, named name: CommandName, by actor: Actor,
    _ work: () async throws -> CommandEffects
  ) async throws -> CommandEffects {
    let begins = try await asking("begin edit", changes: "the change is in the log") { [store] in
      try await store.beginEdit(of: stored.number, from: version, named: name.id, by: actor.name)
    }
    guard begins else { throw OutdatedEdit() }
    do {
      let effects = try await work()
      if effects.isDecided { try await end(stored, name) }
      return effects
    } catch let problem as Problem where problem.responseStatus.code < 500 {
      // Nothing of it is under way.
      try await end(stored, name)
      throw problem
    }
  }

  private func end(_ stored: StoredSale, _ name: CommandName) async throws {
    try await asking("end edit", changes: "the change is in the log") { [store] in
      try await store.endEdit(of: stored.number, named: name.id)
    }
  }
}

extension CommandRequest.Change {
  /// Whether it ends the selling of a sale by itself, as a close does: the window of one that sells is moved away, or
  /// ends sooner than people could say no.
  func stopsSelling(_ sale: Sale, at now: Timestamp) -> Bool {
    let (starts, ends) = (startsAt ?? sale.startsAt, endsAt ?? sale.endsAt)
    if ends < sale.endsAt, ends < now.after(Limits.closeNotice) { return true }
    return sale.isOpen(at: now) && now < starts
  }
}

extension ApprovalDesk {
  /// Changes the rules of a sale. What ends its selling needs a second person where a close does.
  ///
  /// - Parameters:
  ///   - body: the change as the API takes it.
  ///   - version: as for `SaleDesk.editing`.
  func change(
    _ stored: StoredSale, _ change: CommandRequest.Change, body: String, named name: CommandName,
    from version: Int64? = nil, by visit: Visit
  ) async throws -> Outcome<CommandEffects> {
    let (id, actor) = (stored.sale.id, try visit.actor(reason: change.reason))
    guard demanding.contains(.close), change.stopsSelling(stored.sale, at: .now) else {
      return .done(
        try await visit.logged(
          .saleChanged, id.rawValue, from: stored.sale.summary, to: body, why: change.reason
        ) { try await desk.change(id, change, named: name, from: version, by: actor) })
    }
    return try await run(
      .close, .saleChanged, id.rawValue, to: body, body: body, named: name, why: change.reason, by: visit
    ) { try await desk.change(id, change, named: name, from: version, by: actor) }
  }
}
