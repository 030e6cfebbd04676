internal import Accounts
internal import FlashSale
internal import FoundationEssentials
internal import HTTPServing
internal import Hummingbird
internal import SaleStore
internal import Time

/// The pages about bulk jobs, the quarantine, halted partitions and audits.
struct OperationPages: Sendable {
  let desk: SaleDesk
  let approvals: ApprovalDesk
  let audits: AuditDesk

  private var bulk: BulkRoutes { BulkRoutes(desk: BulkDesk(desk: desk), approvals: approvals) }
  private var quarantine: QuarantineRoutes { QuarantineRoutes(desk: desk) }

  func add(to pages: GuardedRoutes) {
    pages.at("admin/jobs", get: .needs(.view, jobs))
    pages.at("admin/jobs/{number}", get: .needs(.view, job))
    pages.at("admin/jobs/{number}/result.csv", get: .needs(.export) { try await bulk.result($0) })
    // The right of the action is demanded, once it is known.
    pages.at("admin/jobs/{number}/stop", post: .form(.view, stop))
    pages.at("admin/sales/{sale}/jobs", get: .needs(.view, preview), post: .form(.view, start))
    pages.at("admin/quarantine", get: .needs(.view, records))
    pages.at(
      "admin/quarantine/{partition}/{offset}",
      get: .needs(.view) { visit in
        try await .page(QuarantinePage.one(PageFrame(visit), quarantine.record(visit)))
      })
    for (word, requeues) in [("requeue", true), ("dismiss", false)] {
      pages.at(
        "admin/quarantine/{partition}/{offset}/\(word)",
        post: .form(.operate) { visit, form in try await resolve(visit, form, requeues: requeues) })
    }
    pages.at(
      "admin/partitions/{partition}/resume",
      post: .form(.operate) { visit, form in
        try await visit.answer(form, on: "/admin/quarantine") {
          try await resume(visit, form)
        } again: { frame in
          try await records(frame, visit)
        }
      })
    pages.at(
      "admin/audits", get: .needs(.view) { visit in try await .page(AuditPage.html(PageFrame(visit), audits.all())) },
      post: .form(.operate) { visit, form in
        try await visit.answer(form, on: "/admin/audits") {
          _ = try await AuditRoutes(desk: audits).start(by: visit, because: form.reason())
          return .toPage("/admin/audits")
        } again: { frame in
          try await AuditPage.html(frame, audits.all())
        }
      })
  }

  /// The reason of a form, by the rule of the API.
  private static func reason(_ form: FormFields) throws(Problem) -> String {
    do throws(ValidationError) { return try ResumeRequest(because: form["because"]).because } catch {
      throw .body(.invalidField(error.field, error.reason))
    }
  }

  // MARK: Bulk jobs

  @Sendable private func jobs(_ visit: Visit) async throws -> Response {
    let masks = !visit.may(.unmask)
    let jobs = try await bulk.desk.jobs().map { AdminBulkJob($0, masksBuyers: masks) }
    return .page(JobsPage.list(PageFrame(visit), jobs, hasWaiting: visit.query("waits") != nil))
  }

  @Sendable private func job(_ visit: Visit) async throws -> Response { .page(try await job(PageFrame(visit), visit)) }

  private func job(_ frame: PageFrame, _ visit: Visit) async throws -> HTML {
    let job = try await bulk.desk.job(visit.parameter(NumberInPath.self).value)
    return JobsPage.one(
      frame, AdminBulkJob(job, masksBuyers: !visit.may(.unmask)),
      canStop: job.state == .running && visit.may(job.action.right))
  }

  @Sendable private func stop(_ visit: Visit, _ form: FormFields) async throws -> Response {
    let id = try visit.parameter(NumberInPath.self).value
    return try await visit.answer(form, on: "/admin/jobs/\(id)") {
      _ = try await bulk.stop(id, because: Self.reason(form), by: visit)
      return .toPage("/admin/jobs/\(id)")
    } again: { frame in
      try await job(frame, visit)
    }
  }

  @Sendable private func preview(_ visit: Visit) async throws -> Response {
    let asOf = visit.query("as_of")
    let (action, search) = (visit.query("action") ?? "", visit.query("search") ?? "")
    return .page(try await preview(PageFrame(visit), visit, action, search, asOf: asOf))
  }

  private func preview(
    _ frame: PageFrame, _ visit: Visit, _ action: String, _ search: String, asOf: String?
  ) async throws -> HTML {
    let id: SaleID = try visit.parameter()
    // The reason is asked for on the page.
    let asked = try BulkBody(action: action, search: search, asOf: asOf, expected: nil, because: "-").request
    try visit.demand(asked.action.right)
    return JobsPage.preview(frame, id.rawValue, try await bulk.desk.preview(of: id, asked), search: search)
  }

  @Sendable private func start(_ visit: Visit, _ form: FormFields) async throws -> Response {
    let asOf = form["as_of"].isEmpty ? nil : form["as_of"]
    let body = BulkBody(
      action: form["action"], search: form["search"], asOf: asOf, expected: Int64(form["expected"]),
      because: form["because"])
    let asked: BulkRequest
    do { asked = try body.request } catch let problem as Problem where problem.field == "because" {
      let refused = RefusedForm(action: visit.request.uri.path, fields: form, problem: problem)
      let query = "action=\(body.action.percentEncoded)&search=\(body.search.percentEncoded)"
      let frame = PageFrame(visit, at: "\(visit.request.uri.path)?\(query)").refusing(refused)
      let page = try await preview(frame, visit, body.action, body.search, asOf: asOf)
      return .page(page, status: problem.responseStatus)
    }
    let name = CommandName(try form.commandKey())
    switch try await approvals.start(asked, in: visit.parameter(), named: name, by: visit) {
    case .done(let job): return .toPage("/admin/jobs/\(job.id)")
    case .waits: return .toPage("/admin/jobs?waits=1")
    }
  }

  // MARK: The quarantine and halts

  @Sendable private func records(_ visit: Visit) async throws -> Response {
    .page(try await records(PageFrame(visit), visit))
  }

  private func records(_ frame: PageFrame, _ visit: Visit) async throws -> HTML {
    let records = try await desk.quarantined(as: visit).map { AdminQuarantine($0, .summary) }
    let halted = try await desk.partitions().partitions.filter { $0.haltedReason != nil }
    return QuarantinePage.list(frame, records, halted)
  }

  private func resolve(_ visit: Visit, _ form: FormFields, requeues: Bool) async throws -> Response {
    let (partition, offset): (Partition, OffsetInPath) = (try visit.parameter(), try visit.parameter())
    let page = "/admin/quarantine/\(partition)/\(offset.offset)"
    return try await visit.answer(form, on: page) {
      _ = try await quarantine.resolve(visit, requeues: requeues, Self.reason(form))
      return .toPage(page)
    } again: { frame in
      try await QuarantinePage.one(frame, quarantine.record(visit))
    }
  }

  @Sendable private func resume(_ visit: Visit, _ form: FormFields) async throws -> Response {
    let partition: Partition = try visit.parameter()
    let because = try Self.reason(form)
    var offset: Offset?
    if !form["at"].isEmpty {
      guard let number = Int64(form["at"]), (0...(.max - 1)).contains(number) else {
        throw Problem.body(.invalidField("at", "must be a whole number, or empty"))
      }
      offset = Offset(number)
    }
    var asked: ResumeRequest
    do throws(ValidationError) { asked = try ResumeRequest(because: because, at: offset) } catch {
      throw Problem.body(.invalidField(error.field, error.reason))
    }
    asked.haltedAt = try? Timestamp(validating: form["halted_at"])
    asked = try await desk.meant(asked, of: partition)
    let outcome = try await approvals.run(
      .resume, .partitionResumed, "\(partition)", to: offset.map { "at \($0)" }, body: try asked.json, why: because,
      by: visit
    ) { [asked] in try await desk.resume(partition, asked) }
    if case .waits = outcome { return .toPage("/admin/approvals") }
    return .toPage("/admin/quarantine")
  }
}
