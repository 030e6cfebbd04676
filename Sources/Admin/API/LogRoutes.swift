internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import SaleStore
internal import Telemetry
internal import Time

/// The admin log and what waits for a second person: `/admin/api/log`, `/admin/api/approvals`.
struct LogRoutes: Sendable {
  let desk: SaleDesk
  let approvals: ApprovalDesk

  func add(to api: GuardedRoutes) {
    api.at("log", get: .needs(.readLog, list))
    api.at("log.csv", get: .needs(.readLog, export))
    api.at("approvals", get: .needs(.view) { try await .json(["approvals": approvals.list(for: $0)]) })
    api.at(
      "approvals/{approval}",
      get: .needs(.view) { visit in
        try await .json(approvals.approval(visit.parameter(ApprovalID.self).rawValue, for: visit))
      })
    // The right of the command is demanded, once it is known.
    api.at("approvals/{approval}/approve", post: .needs(.view) { try await decide($0, isApproved: true) })
    api.at("approvals/{approval}/refuse", post: .needs(.view) { try await decide($0, isApproved: false) })
  }

  private func decide(_ visit: Visit, isApproved: Bool) async throws -> Response {
    try await .json(
      approvals.decide(visit.parameter(ApprovalID.self).rawValue, isApproved: isApproved, by: visit))
  }

  @Sendable private func list(_ visit: Visit) async throws -> Response {
    let entries = try await desk.log(try LogQuery(of: visit))
    return try .json(AdminLogPage(entries))
  }

  /// All lines that fit, as they are read.
  @Sendable func export(_ visit: Visit) async throws -> Response {
    let query = try LogQuery(of: visit)
    try await visit.logged(.logExported, "log", to: visit.request.uri.query) {}
    let body = CSVFile.body(LogCSV.header, from: query.before) { [desk] before in
      var part = query
      part.before = before
      let page = try await desk.log(part)
      return (LogCSV.lines(of: page.entries), page.next.map(Optional.some))
    }
    return .file(body, type: "text/csv; charset=utf-8; header=present", name: "penstock-log.csv")
  }
}

extension LogQuery {
  /// What a request asks of the log: `who`, `action`, `text`, `from`, `to`, `before`.
  init(of visit: Visit) throws(Problem) {
    self.init()
    who = visit.words("who")
    if let text = visit.query("action") {
      guard let action = LogAction(rawValue: text) else { throw .invalidParameter("action", "is no action of the log") }
      self.action = action
    }
    text = visit.words("text")
    func instant(_ name: Substring) throws(Problem) -> Timestamp? {
      guard let text = visit.query(name) else { return nil }
      do throws(RFC3339Fault) { return try Timestamp(validating: text) } catch {
        throw .invalidParameter(String(name), error.rawValue)
      }
    }
    from = try instant("from")
    to = try instant("to")
    if let text = visit.query("before") {
      guard let number = Int64(text), number > 0 else {
        throw .invalidParameter("before", "must be a number of a line")
      }
      before = number
    }
    for value in [who, text].compactMap({ $0 }) {
      guard value.utf8.count <= Limits.queryBytes, !value.utf8.contains(0) else {
        throw .invalidParameter("text", "must be at most \(Limits.queryBytes) bytes, and without NUL")
      }
    }
  }
}

extension SaleDesk {
  /// A page of the log, and where the next one begins.
  func log(_ query: LogQuery) async throws -> (entries: [LogEntry], next: Int64?) {
    let page = try await asking("log") { [store] in
      try await store.logEntries(query, limit: Limits.logPageEntries)
    }
    return (page.entries, page.next)
  }
}

/// A page of the log in the admin API.
private struct AdminLogPage: Encodable {
  struct Line: Encodable {
    let number: Int64
    let at: Timestamp
    let who: String
    let action: LogAction
    let subject: String
    @Nullable var from: String?
    @Nullable var to: String?
    let why: String
    @Nullable var problem: String?
    let address: String
  }

  let entries: [Line]
  /// The `before` of the next page.
  @Nullable var next: Int64?

  init(_ page: (entries: [LogEntry], next: Int64?)) {
    entries = page.entries.map { entry in
      let content = entry.content
      return Line(
        number: entry.number, at: entry.at, who: content.who, action: content.action, subject: content.subject,
        from: content.from, to: content.to, why: content.why, problem: content.problem, address: content.address)
    }
    next = page.next
  }
}

/// The log as CSV.
private enum LogCSV {
  static let header = "number,at,who,action,subject,from,to,why,problem,address,hash\r\n"

  static func lines(of entries: [LogEntry]) -> String {
    var lines = CSVLines()
    for entry in entries {
      let content = entry.content
      lines.add(
        "\(entry.number)", "\(entry.at)", CSVLines.foreign(content.who), content.action.rawValue,
        CSVLines.foreign(content.subject), CSVLines.foreign(content.from ?? ""), CSVLines.foreign(content.to ?? ""),
        CSVLines.foreign(content.why), content.problem ?? "", content.address,
        Hexadecimal.text(entry.hash))
    }
    return lines.text
  }
}
