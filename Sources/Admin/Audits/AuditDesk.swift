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

/// The audits of all admin processes, one at a time. What is known of them is in the store: a process that was started
/// anew shows those that others run, and those that ran before.
final class AuditDesk: Sendable {
  /// An audit in the admin API.
  struct Audit: Encodable, Sendable {
    let id: Int64
    let startedAt: Timestamp
    let startedBy: String

    /// `running`, `finished`, `failed` or `not_ended`.
    let state: String
    let phase: String
    let done: Int64
    let total: Int64
    @Nullable private(set) var finishedAt: Timestamp?
    @Nullable private(set) var verdict: String?
    @Nullable private(set) var report: String?
    @Nullable private(set) var error: String?

    private enum CodingKeys: String, CodingKey {
      case id, state, phase, done, total, verdict, report, error
      case startedAt = "started_at"
      case startedBy = "started_by"
      case finishedAt = "finished_at"
    }

    init(_ stored: StoredAudit) {
      (id, startedAt, startedBy) = (stored.id, stored.startedAt, stored.startedBy)
      state = stored.state.rawValue
      phase = [.finished, .failed].contains(stored.state) ? stored.state.rawValue : stored.phase
      (done, total) = (stored.done, stored.total)
      finishedAt = stored.finishedAt
      verdict = stored.verdict
      report = stored.report
      error = stored.error
    }
  }

  private let desk: SaleDesk
  private let run: @Sendable (@escaping @Sendable (AuditStep) -> Void) async throws -> AuditVerdict

  /// How far those are that this process runs.
  private let steps = Mutex<[Int64: AuditStep]>([:])

  private var store: SaleStore { desk.store }

  init(
    desk: SaleDesk, run: @escaping @Sendable (@escaping @Sendable (AuditStep) -> Void) async throws -> AuditVerdict
  ) {
    self.desk = desk
    self.run = run
  }

  /// The newest first.
  func all() async throws -> [Audit] {
    try await desk.asking("list audits") { [store] in try await store.audits(limit: Limits.keptAudits) }
      .map(Audit.init)
  }

  /// Throws a 404 if there is none of this number any more.
  func audit(_ id: Int64) async throws -> Audit {
    guard let audit = try await all().first(where: { $0.id == id }) else {
      throw Problem(
        .auditNotFound, detail: "There is no audit \(id). The newest \(Limits.keptAudits) are remembered.")
    }
    return audit
  }

  /// Starts one. Throws a 409 while another one runs, here or in another process.
  func start(by name: String) async throws -> Audit {
    let first = AuditStep("begins")
    let started = try await desk.asking("start an audit", changes: "an audit may be told as begun") { [store] in
      try await store.startAudit(by: name, phase: first.phase, keeping: Limits.keptAudits)
    }
    guard let started else {
      throw Problem(.auditRunning, detail: "An audit runs already; wait for its verdict.")
    }
    steps.withLock { $0[started.id] = first }
    Task { await carryOut(started.id) }
    return Audit(started)
  }

  private func carryOut(_ id: Int64) async {
    let telling = Task { await keepTelling(id) }
    let ended = await end(of: id)
    telling.cancel()
    await note(ended, of: id)
    _ = steps.withLock { $0.removeValue(forKey: id) }
  }

  private func end(of id: Int64) async -> AuditEnd {
    do {
      let verdict = try await run { [weak self] step in self?.steps.withLock { $0[id] = step } }
      desk.logger.notice("an audit has ended", metadata: ["verdict": "\(verdict.verdict)"])
      return .verdict(verdict.verdict, report: verdict.text)
    } catch {
      desk.logger.warning(
        "an audit could not be carried through", metadata: ["error": "\(String(reflecting: error))"])
      return .failed("\(error)")
    }
  }

  /// Tells how far it is until the task is cancelled. What is not told is told a second later.
  private func keepTelling(_ id: Int64) async {
    while (try? await Task.sleep(for: Limits.auditTold)) != nil {
      guard let step = steps.withLock({ $0[id] }) else { return }
      try? await store.tellAudit(id, phase: step.phase, done: step.done, total: step.total)
    }
  }

  /// Writes how it ended. While the store does not take that, it is tried again, `Limits.auditEndTries` times.
  private func note(_ end: AuditEnd, of id: Int64) async {
    for attempt in 1...Limits.auditEndTries {
      do { return try await store.endAudit(id, end) } catch {
        if attempt == 1 || attempt == Limits.auditEndTries {
          desk.logger.warning(
            "how an audit ended is not stored", metadata: ["audit": "\(id)", "error": "\(String(reflecting: error))"])
        }
        try? await Task.sleep(for: Limits.auditTold)
      }
    }
  }
}
