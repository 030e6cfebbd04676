public import struct Foundation.Data
internal import HTTPServing
internal import Logging
internal import SaleStore
internal import Synchronization
internal import Time

/// How far an audit has come.
public struct AuditStep: Sendable, Hashable {
  public let phase: String
  public let done: Int64

  /// 0: not known.
  public let total: Int64

  /// Tells it.
  public init(_ phase: String, done: Int64 = 0, of total: Int64 = 0) {
    (self.phase, self.done, self.total) = (phase, done, total)
  }
}

/// What an audit found.
public struct AuditVerdict: Sendable, Hashable {
  /// `sound`, `violated` or `unchecked`.
  public let verdict: String

  /// The whole report, for people.
  public let text: String

  /// The whole report as JSON.
  public let json: Data

  /// Tells it.
  public init(_ verdict: String, text: String, json: Data) {
    (self.verdict, self.text, self.json) = (verdict, text, json)
  }
}

/// The audits that this process has run, one at a time; it forgets them when it ends.
final class AuditDesk: Sendable {
  /// An audit in the admin API.
  struct Audit: Encodable, Sendable {
    let id: Int
    let startedAt: Timestamp
    let startedBy: String

    /// `running`, `finished` or `failed`.
    fileprivate(set) var state = "running"
    fileprivate(set) var phase = "begins"
    fileprivate(set) var done: Int64 = 0
    fileprivate(set) var total: Int64 = 0
    @Nullable fileprivate(set) var finishedAt: Timestamp?
    @Nullable fileprivate(set) var verdict: String?
    @Nullable fileprivate(set) var report: String?
    @Nullable fileprivate(set) var error: String?

    private enum CodingKeys: String, CodingKey {
      case id, state, phase, done, total, verdict, report, error
      case startedAt = "started_at"
      case startedBy = "started_by"
      case finishedAt = "finished_at"
    }
  }

  private let audits = Mutex<[Audit]>([])
  private let run: @Sendable (@escaping @Sendable (AuditStep) -> Void) async throws -> AuditVerdict
  private let logger: Logger

  init(
    run: @escaping @Sendable (@escaping @Sendable (AuditStep) -> Void) async throws -> AuditVerdict, logger: Logger
  ) {
    self.run = run
    self.logger = logger
  }

  /// The newest first.
  var all: [Audit] { audits.withLock { $0.reversed() } }

  /// Throws a 404 if this process has run none of this number, or forgot it.
  func audit(_ id: Int) throws(Problem) -> Audit {
    guard let audit = audits.withLock({ $0.first { $0.id == id } }) else {
      throw Problem(.auditNotFound, detail: "This process knows no audit \(id). It forgets them when it ends.")
    }
    return audit
  }

  /// Starts one. Throws a 409 while another one runs.
  func start(by name: String, now: Timestamp) throws(Problem) -> Audit {
    let started: Audit? = audits.withLock { audits in
      guard audits.last?.state != "running" else { return nil }
      let audit = Audit(id: (audits.last?.id ?? 0) + 1, startedAt: now, startedBy: name)
      audits = audits.suffix(Limits.keptAudits - 1) + [audit]
      return audit
    }
    guard let started else {
      throw Problem(.auditRunning, detail: "An audit runs already; wait for its verdict.")
    }
    Task { await carryOut(started.id) }
    return started
  }

  private func carryOut(_ id: Int) async {
    do {
      let verdict = try await run { [weak self] step in
        self?.change(id) { ($0.phase, $0.done, $0.total) = (step.phase, step.done, step.total) }
      }
      logger.notice("an audit has ended", metadata: ["verdict": "\(verdict.verdict)"])
      change(id) { audit in
        (audit.state, audit.phase, audit.finishedAt) = ("finished", "finished", .now)
        (audit.verdict, audit.report) = (verdict.verdict, verdict.text)
      }
    } catch {
      logger.warning("an audit could not be carried through", metadata: ["error": "\(String(reflecting: error))"])
      change(id) { audit in
        (audit.state, audit.phase, audit.finishedAt, audit.error) = ("failed", "failed", .now, "\(error)")
      }
    }
  }

  private func change(_ id: Int, _ change: (inout Audit) -> Void) {
    audits.withLock { audits in
      if let index = audits.firstIndex(where: { $0.id == id }) { change(&audits[index]) }
    }
  }
}
