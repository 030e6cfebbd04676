internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import Telemetry
internal import Time

/// The number of an audit or a job, in a path.
struct NumberInPath: PathParameter {
  static var nameInPath: String { "number" }
  let value: Int64

  init?(inPath text: String) {
    guard let number: Int64 = Self.number(text) else { return nil }
    value = number
  }
}

/// `/admin/api/audits`: decides the log again beside the lanes, and tells how far it is and what it found.
struct AuditRoutes: Sendable {
  let desk: AuditDesk

  func add(to calls: GuardedRoutes) {
    calls.at(
      "audits", get: .needs(.view) { _ in try await .json(["audits": desk.all()]) },
      post: .needs(.operate) { visit in
        let audit = try await start(by: visit, because: AdminAPI.reason(of: visit))
        return try .json(audit, status: .accepted, headers: [.location: "/admin/api/audits/\(audit.id)"])
      })
    calls.at(
      "audits/{number}",
      get: .needs(.view) { visit in try await .json(desk.audit(visit.parameter(NumberInPath.self).value)) })
  }

  /// Starts one, and says so in the admin log, and why.
  func start(by visit: Visit, because why: String) async throws -> AuditDesk.Audit {
    try await visit.logged(.auditStarted, "log", why: why) { try await desk.start(by: visit.name) }
  }
}
