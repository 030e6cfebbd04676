internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SaleStore
internal import Telemetry
internal import Time

/// `/admin/api/jobs`, and a sale's: bulk actions.
struct BulkRoutes: Sendable {
  let desk: BulkDesk
  let approvals: ApprovalDesk

  func add(to calls: GuardedRoutes, withBody: GuardedRoutes) {
    calls.at(
      "jobs",
      get: .needs(.view) { visit in
        let masks = !visit.may(.unmask)
        return try await .json(["jobs": desk.jobs().map { AdminBulkJob($0, masksBuyers: masks) }])
      })
    calls.at(
      "jobs/{number}",
      get: .needs(.view) { visit in try await answer(desk.job(Self.number(visit)), to: visit) })
    calls.at("jobs/{number}/result.csv", get: .needs(.export, result))
    // The right of the action is demanded, once it is known.
    calls.at("sales/{sale}/jobs/preview", get: .needs(.view, preview))
    withBody.at("sales/{sale}/jobs", post: .needs(.view, start))
    withBody.at("jobs/{number}/stop", post: .needs(.view, stop))
  }

  private func answer(_ job: BulkJob, to visit: Visit, status: HTTPResponse.Status = .ok) throws -> Response {
    try .json(
      AdminBulkJob(job, masksBuyers: !visit.may(.unmask)), status: status,
      headers: status == .accepted ? [.location: "/admin/api/jobs/\(job.id)"] : [:])
  }

  private static func number(_ visit: Visit) throws(Problem) -> Int64 {
    try visit.parameter(NumberInPath.self).value
  }

  @Sendable private func preview(_ visit: Visit) async throws -> Response {
    guard let action = visit.query("action").flatMap(BulkAction.init(rawValue:)) else {
      throw Problem.invalidParameter("action", "must be cancel, refund, extend or resend")
    }
    try visit.demand(action.right)
    return try await .json(
      desk.preview(of: visit.parameter(), action, OrderQuery(visit.request.uri.queryParameters)))
  }

  @Sendable private func start(_ visit: Visit) async throws -> Response {
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try BulkRequest(parsing: bytes)
    }
    let name = CommandName(try visit.idempotencyKey())
    let outcome = try await approvals.start(asked, in: visit.parameter(), named: name, by: visit)
    switch outcome {
    case .done(let job): return try answer(job, to: visit, status: .accepted)
    case .waits(let approval): return try .waiting(approval)
    }
  }

  @Sendable private func stop(_ visit: Visit) async throws -> Response {
    let asked = try await visit.request.parsed(upTo: Limits.bodyBytes) { bytes throws(BodyError) in
      try ReasonRequest(parsing: bytes)
    }
    return try await answer(stop(Self.number(visit), because: asked.because, by: visit), to: visit)
  }

  /// Stops a job, and says so in the admin log.
  func stop(_ id: Int64, because: String, by visit: Visit) async throws -> BulkJob {
    let job = try await desk.job(id)
    try visit.demand(job.action.right)
    return try await visit.logged(.jobStopped, "\(id)", to: job.action.rawValue, why: because) {
      try await desk.stop(id, because: because, by: visit.actor(reason: ""))
    }
  }

  /// A line for each command: what it was, where it is in the log, and what the lane decided.
  @Sendable func result(_ visit: Visit) async throws -> Response {
    let id = try Self.number(visit)
    let job = try await desk.job(id)
    try await visit.logged(.jobExported, "\(id)", to: job.sale.rawValue) {}
    var header = CSVLines()
    header.add(
      "number", "order_id", "action", "payment_id", "amount_minor", "partition", "offset", "written", "result",
      "state", "units", "decided_minor")
    let body = CSVFile.body(header.text, from: Int64(0)) { [desk] number in
      let items = try await desk.items(of: id, from: number)
      var lines = CSVLines()
      for item in items { lines.add(item, job.action) }
      return (lines.text, items.last.map { $0.number + 1 })
    }
    return .file(body, type: OrderExport.csv.mediaType, name: "job-\(id)-result.csv")
  }
}

extension CSVLines {
  fileprivate mutating func add(_ item: BulkItem, _ action: BulkAction) {
    let effect = item.effect
    add(
      "\(item.number)", "\(item.order)", action.rawValue, CSVLines.foreign(item.payment?.rawValue ?? ""),
      item.minor.map { "\($0)" } ?? "", item.position.map { "\($0.partition)" } ?? "",
      item.position.map { "\($0.offset)" } ?? "", "\(item.isWritten)",
      effect?.result.code ?? (item.isWritten ? action == .resend ? "sent" : "queued" : "waiting"),
      effect?.state?.code ?? "", effect.map { "\($0.units)" } ?? "", effect.map { "\($0.minor)" } ?? "")
  }
}

/// A bulk job in the admin API.
struct AdminBulkJob: Encodable {
  let id: Int64
  let sale: String
  let action: String
  let state: String
  let search: String
  let asOf: String
  let isSearched: Bool
  @Nullable var expected: Int64?
  let matching: Int64
  let skipped: Int64
  let commands: Int64
  let written: Int64
  let decided: Int64
  let refused: Int64
  let startedBy: String
  let because: String
  @Nullable var error: String?
  let createdAt: Timestamp
  @Nullable var finishedAt: Timestamp?

  private enum CodingKeys: String, CodingKey {
    case id, sale, action, state, search, expected, matching, skipped, commands, written, decided, refused, because,
      error
    case asOf = "as_of"
    case isSearched = "is_searched"
    case startedBy = "started_by"
    case createdAt = "created_at"
    case finishedAt = "finished_at"
  }

  init(_ job: BulkJob, masksBuyers: Bool) {
    (id, sale, action, state) = (job.id, job.sale.rawValue, job.action.rawValue, job.state.rawValue)
    search = masksBuyers ? OrderQuery.masked(job.search) : job.search
    (asOf, isSearched) = ("\(job.asOf)", job.isSearched)
    (matching, skipped, commands) = (job.searched, job.skipped, job.listed)
    (written, decided, refused) = (job.written, job.decided, job.refused)
    (startedBy, because, createdAt) = (job.startedBy, job.because, job.createdAt)
    expected = job.expected
    error = job.error
    finishedAt = job.finishedAt
  }
}
