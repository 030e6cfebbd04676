internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import SaleStore
internal import Time

/// What a bulk job would do, before it is started.
struct BulkPreview: Encodable {
  let action: String

  /// The vector that was looked at: a job as of it is about the same orders.
  let asOf: String

  /// Orders that fit the search, and those of them that the action would do something to.
  let matching: Int64
  let applicable: Int64

  /// Whether all orders were looked at; if not, there may be more that fit.
  let isComplete: Bool

  /// Units that the orders hold or have, and money that is to be paid back, as `199900 CNY`.
  let units: Int64
  let refundDue: [String]

  /// The same for people.
  let due: [Money]

  private enum CodingKeys: String, CodingKey {
    case action, matching, applicable, units
    case asOf = "as_of"
    case isComplete = "is_complete"
    case refundDue = "refund_due"
  }
}

/// Bulk jobs for the API and the pages: previews, starts, stops and results.
struct BulkDesk: Sendable {
  let desk: SaleDesk

  private var store: SaleStore { desk.store }

  /// Counts what a job would be about, without starting it.
  func preview(of id: SaleID, _ action: BulkAction, _ query: OrderQuery) async throws -> BulkPreview {
    let stored = try await desk.stored(id)
    let asOf = try await desk.reached(query.asOf)
    var (matching, applicable, units, searched) = (Int64(0), Int64(0), Int64(0), 0)
    var due: [Money] = []
    var cursor: OrderCursor?
    repeat {
      let place = cursor
      let page = try await page(of: stored, query.filter, asOf, after: place)
      matching += Int64(page.orders.count)
      searched += page.searched
      for (order, items) in try await plan(action, of: 0, page.orders) where !items.isEmpty {
        applicable += 1
        units += Int64(order.liveUnits.rawValue)
        due = Money.sums(due + order.refundDue)
      }
      cursor = page.next
    } while cursor != nil && searched < Limits.previewedOrders
    desk.previews.keep(matching, of: stored.number, query.filter, asOf)
    return BulkPreview(
      action: action.rawValue, asOf: "\(asOf)", matching: matching, applicable: applicable, isComplete: cursor == nil,
      units: units, refundDue: due.map { "\($0.minor) \($0.currency)" }, due: due)
  }

  /// The same of what asks for a job.
  func preview(of id: SaleID, _ request: BulkRequest) async throws -> BulkPreview {
    try await preview(of: id, request.action, OrderQuery(request))
  }

  /// The vector of a job that is asked for, and how many orders a preview counts there: it is made unless it was, for
  /// the same vector. Throws if the request expects another number.
  func counted(_ request: BulkRequest, in id: SaleID) async throws -> (asOf: OffsetVector, matching: Int64) {
    var query = try OrderQuery(request)
    let stored = try await desk.stored(id)
    let asOf = try await desk.reached(request.asOf)
    query.asOf = asOf
    let kept = desk.previews.matching(of: stored.number, query.filter, asOf)
    let matching = if let kept { kept } else { try await preview(of: id, request.action, query).matching }
    if let expected = request.expected, expected != matching {
      throw Problem.previewOutdated(matching, expected: expected)
    }
    return (asOf, matching)
  }

  /// Starts a job, once under its name: asked for again, it tells the first one. If the preview's number is given, and
  /// the search finds another one, nothing is started.
  func start(
    _ request: BulkRequest, in id: SaleID, named name: CommandName, by actor: Actor
  ) async throws -> BulkJob {
    _ = try OrderQuery(request)
    let stored = try await desk.stored(id)
    let first = try await desk.asking("job") { [store] in try await store.bulkJob(named: name.id, in: stored.number) }
    if let first { return try first.checked(against: request) }
    let asOf = try await request.expected == nil ? desk.reached(request.asOf) : counted(request, in: id).asOf
    let job = try await desk.asking("start job", changes: "the job may be started") { [store] in
      try await store.startBulk(request, in: stored.number, asOf: asOf, named: name.id, by: actor.name)
    }.checked(against: request)
    desk.logger.notice(
      "a bulk job is started",
      metadata: [
        "job": "\(job.id)", "sale": "\(id)", "action": "\(request.action.rawValue)", "by": "\(actor.name)",
        "because": "\(request.because)",
      ])
    return job
  }

  /// Throws a 404 if there is none.
  func job(_ id: Int64) async throws -> BulkJob {
    let job = try await desk.asking("job") { [store] in try await store.bulkJob(id) }
    guard let job else { throw Problem(.jobNotFound, detail: "There is no bulk job \(id).") }
    return job
  }

  func jobs() async throws -> [BulkJob] { try await desk.asking("jobs") { [store] in try await store.bulkJobs() } }

  /// Ends a job; what is in the log by then stays.
  func stop(_ id: Int64, because: String, by actor: Actor) async throws -> BulkJob {
    _ = try await job(id)
    let ended = try await desk.asking("stop job", changes: "the job may be stopped") { [store] in
      try await store.endBulk(id, .stopped, error: "stopped by \(actor.name): \(because)")
    }
    guard ended else { throw Problem(.jobEnded, detail: "The bulk job \(id) has ended already.") }
    return try await job(id)
  }

  /// The commands of a job from a number on, each with what a lane decided.
  func items(of job: Int64, from number: Int64) async throws -> [BulkItem] {
    try await desk.asking("result") { [store] in try await store.bulkItems(of: job, from: number) }
  }

  // MARK: The work

  func page(
    of stored: StoredSale, _ filter: OrderFilter, _ asOf: OffsetVector, after cursor: OrderCursor?
  ) async throws -> OrderPage {
    try await desk.asking("find orders") { [store] in
      try await store.orders(
        of: stored, filter, asOf: asOf, after: cursor, limit: SaleStore.foundOrdersMost)
    }
  }

  /// What the action comes to for each of these orders.
  func plan(
    _ action: BulkAction, of job: Int64, _ orders: [LivingOrder]
  ) async throws -> [(order: LivingOrder, items: [BulkItem])] {
    let ids = orders.map(\.decision.order)
    var payments: [OrderID: [Payment]] = [:]
    var dead: Set<OrderID> = []
    switch action {
    case .refund: payments = try await desk.asking("payments") { [store] in try await store.payments(for: ids) }
    case .resend: dead = try await desk.asking("webhooks") { [store] in try await store.withDeadLetters(ids) }
    case .cancel, .extend: break
    }
    return orders.map { order in
      let id = order.decision.order
      return (
        order,
        BulkPlan.items(
          action, of: job, order, payments: payments[id] ?? [], hasDeadLetters: dead.contains(id))
      )
    }
  }
}

extension Problem {
  fileprivate static func previewOutdated(_ found: Int64, expected: Int64) -> Problem {
    Problem(
      .previewOutdated, detail: "The search finds \(found) orders, and \(expected) were expected. Nothing was started.")
  }
}

extension BulkJob {
  /// The job itself. Throws if the request that has its name asks for something else.
  fileprivate func checked(against request: BulkRequest) throws(Problem) -> BulkJob {
    guard action == request.action, search == request.search, because == request.because else {
      throw .keyNamesAnother
    }
    return self
  }
}

extension OrderQuery {
  /// The search of what asks for a job, as of its vector.
  fileprivate init(_ request: BulkRequest) throws(Problem) {
    try self.init(URI("?\(request.search)").queryParameters)
    asOf = request.asOf
  }
}
