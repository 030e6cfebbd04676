internal import FlashSale
internal import HTTPServing
internal import NIOHTTP1
internal import Time

// What intake has to say about an order. What any route may have to say stands with `Problem`.

// MARK: - The request's form

extension Problem {
  static let bodyTooLarge = Problem.bodyTooLarge(limit: Limits.bodyBytes)

  static func invalidHeader(_ name: String, _ reason: String) -> Problem {
    Problem(.invalidHeader, detail: "\(name) \(reason).", field: name)
  }
}

// MARK: - Who and what

extension Problem {
  /// The shop's gateway names the buyer in a field of its own. A 401 must say how to authenticate (RFC 9110 §15.5.2),
  /// and no registered scheme has that.
  static func unauthenticated(_ reason: String) -> Problem {
    Problem(.unauthenticated, detail: "\(BuyerID.field) \(reason).", field: BuyerID.field)
      .with { $0.challenges = ["Buyer field=\"X-Buyer-Id\""] }
  }

  static let unknownSKU = Problem(.unknownSKU, field: "sku")

  /// - Parameter index: of the line of a basket, from 0.
  static func unknownSKU(ofLine index: Int) -> Problem { Problem(.unknownSKU, field: "lines[\(index)].sku") }

  static let orderNotFound = Problem(
    .orderNotFound, detail: "An order that is still queued is only found with its ticket.")

  /// The key names an order that the buyer sent with another SKU or quantity; that one keeps its outcome.
  static func idempotencyConflict(_ order: OrderID) -> Problem {
    Problem(
      .idempotencyConflict,
      detail: "The first request counts: its outcome is at /v1/orders/\(order). Send this one with a key of its own.",
      field: IdempotencyKey.field
    ).with { $0.order = order }
  }

  /// The sale limits subjects of this kind, and the shop's gateway has named none.
  static func subjectRequired(_ kind: SubjectKind) -> Problem {
    Problem(
      .subjectRequired, detail: "\(SubjectLimits.field) names no \(kind), and the sale limits orders by it.",
      field: SubjectLimits.field)
  }

  /// - Parameter before: until when a code is needed.
  static func codeRequired(before: Timestamp?) -> Problem {
    let until = before.map { "Until \($0), this" } ?? "This"
    return Problem(.codeRequired, detail: "\(until) sale is for buyers with an access code.", field: "code")
  }

  static func codeInvalid(_ fault: AccessCode.Fault) -> Problem {
    let why =
      switch fault {
      case .malformed: "is no access code, or not all of one"
      case .forged: "was not issued here, or is no longer accepted"
      case .otherSale: "is for another sale"
      case .otherBuyer: "is for another buyer"
      case .notYet(let start): "is good from \(start) on"
      case .expired(let end): "was good until \(end)"
      }
    return Problem(.codeInvalid, detail: "The code \(why).", field: "code")
  }

  static let badTicket = Problem(.badTicket, field: "ticket")
}

// MARK: - Not now

extension Problem {
  static func notStarted(_ startsAt: Timestamp) -> Problem {
    Problem(.notStarted).with { $0.startsAt = startsAt }
  }

  /// - Parameter order: the id that the request's key names: an earlier try of it may have gone through.
  static func ended(_ order: OrderID?) -> Problem { over(.ended, order) }

  /// - Parameter order: the id that the request's key names: an earlier try of it may have gone through.
  static func soldOut(_ order: OrderID?, hasWaitlist: Bool = false) -> Problem {
    over(.soldOut, order).with { if hasWaitlist { $0.hasWaitlist = true } }
  }

  /// Nothing is left, and some units are held that can come back: nobody is told that all is sold (I2).
  ///
  /// - Parameters:
  ///   - order: the id that the request's key names: an earlier try of it may have gone through.
  ///   - release: when the first of the units can come back, if that is known.
  static func allHeld(_ order: OrderID?, until release: Timestamp?, hasWaitlist: Bool) -> Problem {
    over(.allHeld, order).with { problem in
      problem.releasesAt = release
      if hasWaitlist { problem.hasWaitlist = true }
    }
  }

  private static func over(_ code: ProblemCode, _ order: OrderID?) -> Problem { Problem(code).naming(order) }

  /// Says where the outcome of an earlier try is, if there was one: that may be taken, whatever the request lacks now.
  /// A request that is wrong in itself was never taken, and none is before the sale's start.
  ///
  /// - Parameter order: the id that the request's key names; asked only if it is needed.
  func naming(_ order: @autoclosure () -> OrderID?) -> Problem {
    guard self.order == nil, code != .notStarted,
      ![.badRequest, .notFound, .unprocessableEntity].contains(status), let order = order()
    else { return self }
    return with {
      $0.order = order
      let earlier = "If a request with this Idempotency-Key was sent before, its outcome is at /v1/orders/\(order)."
      $0.detail = $0.detail.map { "\($0) \(earlier)" } ?? earlier
    }
  }

  /// - Parameter ticks: until a request is taken again.
  static func rateLimited(_ name: StaticString, _ limit: RateLimit, ticks: Int64) -> Problem {
    let perMillisecond = RatePace.ticksPerSecond / 1_000
    let milliseconds = Int((ticks + perMillisecond - 1) / perMillisecond)
    return Problem(.rateLimited).with {
      $0.detail = "Of one \(name), \(limit.requests) requests are taken in \(limit.perSeconds) s. Nothing was written."
      $0.retryAfterMilliseconds = milliseconds
      $0.limit = ReachedLimit(name, limit, seconds: (milliseconds + 999) / 1_000)
    }
  }

  /// Nothing was written. The same request can be sent again.
  static func busy(_ detail: String) -> Problem { Problem(.busy, detail: detail).retriable() }

  /// Nothing was written, because the partition's line is as long as it may be.
  static func backlogFull(_ standing: PartitionStanding) -> Problem {
    Problem(.busy, detail: "The line for this item is full.").returning(
      in: ReturnTime.milliseconds(excess: 0, line: standing.backlog, rate: standing.drainRate))
  }

  /// Nothing was written: as many orders of the sale are in line as it allows. There is room once some are decided.
  static func backlogFull(of line: SaleLine, limit: Int64) -> Problem {
    let detail = "\(line.orders) orders of this sale wait to be decided, and it takes \(limit). Nothing was written."
    return Problem(.backlogFull, detail: detail).returning(
      in: ReturnTime.milliseconds(excess: line.orders - limit, line: line.orders, rate: line.drainRate))
  }

  /// Nothing was written: more units are in line than the sale allows for those that are left. Some may come free.
  ///
  /// - Parameters:
  ///   - order: the id that the request's key names: an earlier try of it may be in line.
  ///   - excess: units by which the line has to get shorter.
  static func lineFull(_ order: OrderID?, excess: Int64, line: Int64, rate: Double?) -> Problem {
    let detail = "Nothing was written. If those in line do not take all that is left, there is room again later."
    return Problem(.lineFull, detail: detail).naming(order).returning(
      in: ReturnTime.milliseconds(excess: excess, line: line, rate: rate))
  }

  private func returning(in milliseconds: ClosedRange<Int>) -> Problem {
    with { $0.retryAfterMilliseconds = Int.random(in: milliseconds) }
  }

  /// Nothing was written, because it would only wait: the log takes no records of this partition.
  static var logStalled: Problem { .busy("The log takes no orders for this item now.") }

  /// Nothing was written, because nobody would decide it soon: the partition waits for a person.
  static var partitionHalted: Problem {
    Problem(.partitionHalted, detail: "Nothing was written. An operator has to look first; try again later.").with {
      $0.retryAfterMilliseconds = Int.random(in: Limits.haltedRetryMilliseconds)
    }
  }

  /// The log's answer is not known (I12).
  static func outcomeUnknown(_ order: OrderID, hasKey: Bool) -> Problem {
    Problem(.outcomeUnknown).with {
      $0.order = order
      $0.detail =
        hasKey
        ? "It may be taken. Sending it again with the same Idempotency-Key is safe: it stays one order."
        : "It may be taken. Look at /v1/orders/\(order) first; with an Idempotency-Key a retry would be safe."
    }.retriable()
  }

  /// The log has the order behind it and the store does not know it: something for an operator.
  static func unaccounted(_ order: OrderID?) -> Problem {
    Problem(.outcomeUnknown).with {
      $0.order = order
      $0.detail = "Ask again later, or send the order again with the same Idempotency-Key: it stays one order."
    }.retriable()
  }

  private func retriable() -> Problem {
    with { $0.retryAfterMilliseconds = Int.random(in: Limits.retryAfterMilliseconds) }
  }
}
