internal import FlashSale
internal import HTTPServing
internal import Logging
internal import SaleStore
internal import Time
internal import Vitals

extension SaleDesk {
  /// Changes a sale's waiting room, through its topic like everything that changes one. Every intake hears of it within
  /// a second. Repeating it changes nothing twice.
  func changeRoom(of id: SaleID, _ command: RoomRecord.Command) async throws -> AdminSale {
    let stored = try await stored(id)
    guard let rule = stored.sale.shaping.room else { throw Problem.roomNotFound(id) }
    guard !stored.isRoomForgotten(at: .now) else { throw Problem.roomForgotten(id) }
    // Told too early it would count for nothing.
    if case .beacon(let name, _) = command, let refusal = rule.refusal(ofBeacon: name, at: .now) {
      throw Problem.body(refusal)
    }
    let record = RoomRecord(sale: stored.number, at: .now, command)
    do {
      let written: Void? = try await Patience.value(atMost: Limits.writePatience) { [hooks] in
        try await hooks.changeRoom(record)
      }
      if written == nil { throw Problem.outcomeUnknown("the waiting room may be changed, now or later") }
    } catch let problem as Problem {
      throw problem
    } catch {
      logger.warning("a waiting room was not changed", metadata: ["sale": "\(id)", "error": "\(error)"])
      throw Problem.roomUnreachable
    }
    logger.notice("a waiting room is changed", metadata: ["sale": "\(id)", "command": "\(command)"])
    return AdminSale(stored, at: .now)
  }
}

extension StoredSale {
  /// Whether the sale is over for so long that nothing is kept of its waiting room.
  func isRoomForgotten(at now: Timestamp) -> Bool {
    let over = min(sale.endsAt, closedAt ?? sale.endsAt)
    return sale.shaping.room != nil && now > over.after(FlashSale.Limits.roomKept)
  }

  /// The same, of a room that draws lots.
  func isDrawForgotten(at now: Timestamp) -> Bool { sale.shaping.room?.order == .lottery && isRoomForgotten(at: now) }
}

extension Problem {
  fileprivate static func roomForgotten(_ id: SaleID) -> Problem {
    Problem(.roomNotFound, detail: "The sale \(id) is over for two days, and its waiting room is forgotten.")
  }

  fileprivate static func roomNotFound(_ id: SaleID) -> Problem {
    Problem(.roomNotFound, detail: "The sale \(id) has no waiting room.")
  }

  fileprivate static let roomUnreachable = Problem(
    .logUnreachable, detail: "The waiting rooms' topic did not confirm the change. Repeating the call is safe."
  ).with { $0.retryAfterMilliseconds = Limits.retryAfterMilliseconds }
}
