internal import Accounts
internal import FlashSale
internal import FoundationEssentials
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import SaleStore
internal import Telemetry
internal import Time

/// Commands that demand a second person: asked for by one, done when another one approves.
struct ApprovalDesk: Sendable {
  let desk: SaleDesk

  /// Those that demand one here.
  let demanding: Set<GuardedCommand>

  private var store: SaleStore { desk.store }

  /// What became of a command.
  enum Outcome<Answer> {
    case done(Answer)
    case waits(AdminApproval)
  }

  /// Does a command, or notes that it waits for a second person.
  ///
  /// - Parameters:
  ///   - body: all that is needed to do it later, JSON.
  ///   - name: of one that goes through the log under an id. Asked for twice, it waits once.
  func run<Answer>(
    _ command: GuardedCommand, _ action: LogAction, _ subject: String, to: String? = nil, body: String,
    named name: CommandName? = nil, why: String, by visit: Visit, _ work: () async throws -> Answer
  ) async throws -> Outcome<Answer> {
    guard demanding.contains(command) else {
      return .done(try await visit.logged(action, subject, to: to, why: why, work))
    }
    let line = visit.line(.approvalAsked, "\(command.rawValue) \(subject)", to: to, why: why)
    let until = Timestamp.now.after(Accounts.Limits.approvalLife)
    let id = try await desk.asking("ask for approval", changes: "the request may stand, now or later") { [store] in
      try await store.askApproval(
        command, subject: subject, body: body, id: name?.id, expiresAt: until, logged: line)
    }
    let asked = try await stored(id)
    guard asked.body == body else { throw Problem.keyNamesAnother }
    return .waits(shown(asked, to: visit))
  }

  /// Those that wait, and the last ones that were decided. Buyers' ids are masked for who may not see them.
  func list(for visit: Visit) async throws -> [AdminApproval] {
    try await desk.asking("list approvals") { [store] in try await store.approvals(limit: Limits.listedApprovals) }
      .map { shown($0, to: visit) }
  }

  func approval(_ id: Int64, for visit: Visit) async throws -> AdminApproval {
    shown(try await stored(id), to: visit)
  }

  private func shown(_ approval: StoredApproval, to visit: Visit) -> AdminApproval {
    AdminApproval(approval, at: .now, masksBuyers: !visit.may(.unmask))
  }

  private func stored(_ id: Int64) async throws -> StoredApproval {
    let found = try await desk.asking("show an approval") { [store] in try await store.approval(id) }
    guard let found else { throw Problem(.approvalNotFound) }
    return found
  }

  /// Approves or refuses a request. An approved command is done at once. Its approver can have it done again until the
  /// request ends, because its outcome can be unknown (I12).
  func decide(_ id: Int64, isApproved: Bool, by visit: Visit) async throws -> AdminApproval {
    let asked = try await stored(id)
    try visit.demand(asked.command.right)
    // A token does not make one person two. All holders of the shared token count as one person.
    if isApproved, asked.askedBy == visit.name || (asked.askedBy.hasPrefix("@machine") && visit.who.kind == .machine) {
      throw Problem(.secondPersonNeeded, detail: "\(asked.askedBy) asked for it; somebody else has to approve it.")
    }
    if isApproved, asked.canRepeat(by: visit.name, at: .now) {
      try await perform(asked, by: visit)
      return try await approval(id, for: visit)
    }
    let line = visit.line(
      isApproved ? .approvalGiven : .approvalRefused, "\(asked.command.rawValue) \(asked.subject)",
      why: "asked by \(asked.askedBy): \(asked.why)")
    let isDecided = try await desk.asking("decide", changes: "it may be decided, now or later") { [store] in
      try await store.decideApproval(id, isApproved: isApproved, logged: line)
    }
    guard isDecided else { throw Problem(.approvalDecided, detail: "Nothing was done. Look at the list of approvals.") }
    if isApproved { try await perform(asked, by: visit) }
    return try await approval(id, for: visit)
  }

  private func perform(_ asked: StoredApproval, by visit: Visit) async throws {
    let why = "\(asked.why) (asked by \(asked.askedBy))"
    let parts = asked.subject.split(separator: "/", maxSplits: 1).map(String.init)
    func bytes<Value>(_ parse: (UnsafeRawBufferPointer) throws(BodyError) -> Value) throws -> Value {
      do { return try Array(asked.body.utf8).withUnsafeBytes(parse) } catch let error as BodyError {
        throw Problem.body(error)
      }
    }
    switch asked.command {
    case .close:
      guard let id = SaleID(rawValue: asked.subject) else { throw Problem.saleNotFound }
      _ = try await visit.logged(.saleClosed, asked.subject, why: why) { try await desk.close(id) }
    case .reduce:
      guard parts.count == 2, let id = SaleID(rawValue: parts[0]), let sku = SKU(rawValue: parts[1]) else {
        throw Problem.saleNotFound
      }
      let body = try bytes { raw throws(BodyError) in try CommandRequest.Stock(parsing: raw, hasUnits: true) }
      let actor = try visit.actor(reason: body.reason)
      let units = body.units ?? Units(1)
      _ = try await visit.logged(.stockReduced, asked.subject, to: "−\(units)", why: why) {
        try await desk.command(
          id, sku, .reduce(units), named: asked.commandID.map { CommandName(kept: $0) } ?? CommandName(nil), by: actor)
      }
    case .resume:
      guard let number = Int32(asked.subject) else { throw Problem.notFound }
      let body = try bytes { raw throws(BodyError) in try ResumeRequest(parsing: raw) }
      _ = try await visit.logged(.partitionResumed, asked.subject, why: why) {
        try await desk.resume(Partition(number), body)
      }
    case .massCancel, .massRefund: try await startApproved(asked, why: why, by: visit)
    }
  }
}

extension StoredApproval {
  /// Whether somebody who has approved it can do so again: what is done once, however often it is asked for.
  func canRepeat(by name: String, at now: Timestamp) -> Bool {
    guard isApproved == true, decidedBy == name, now < expiresAt else { return false }
    switch command {
    case .close, .resume: return true
    case .reduce: return commandID != nil
    // A second job is another one.
    case .massCancel, .massRefund: return false
    }
  }
}

/// A request for a second person in the admin API.
struct AdminApproval: Encodable {
  enum State: String, Encodable { case pending, approved, refused, lapsed }

  let id: Int64
  let command: GuardedCommand
  let subject: String
  let body: String
  let why: String
  let state: State
  let askedBy: String
  let askedAt: Timestamp
  let expiresAt: Timestamp
  @Nullable var decidedBy: String?

  /// Who can have it done once more; `nil`: nobody. Of pages only.
  let repeatableBy: String?

  init(_ stored: StoredApproval, at now: Timestamp, masksBuyers: Bool) {
    id = stored.id
    command = stored.command
    subject = stored.subject
    body = masksBuyers ? BulkBody.masked(stored.body) : stored.body
    why = stored.why
    state =
      switch stored.isApproved {
      case true?: .approved
      case false?: .refused
      case nil: stored.expiresAt < now ? .lapsed : .pending
      }
    askedBy = stored.askedBy
    askedAt = stored.askedAt
    expiresAt = stored.expiresAt
    decidedBy = stored.decidedBy
    repeatableBy = stored.decidedBy.flatMap { stored.canRepeat(by: $0, at: now) ? $0 : nil }
  }

  private enum CodingKeys: String, CodingKey {
    case id, command, subject, body, why, state
    case askedBy = "asked_by"
    case askedAt = "asked_at"
    case expiresAt = "expires_at"
    case decidedBy = "decided_by"
  }
}

/// The number of a request for a second person, in a path.
struct ApprovalID: PathParameter {
  static var nameInPath: String { "approval" }

  let rawValue: Int64

  init?(inPath text: String) {
    guard let number: Int64 = Self.number(text) else { return nil }
    rawValue = number
  }
}

extension ApprovalDesk.Outcome where Answer: Encodable {
  /// As an answer: 202 with what waits, under its address.
  func response(status: HTTPResponse.Status = .ok) throws -> Response {
    switch self {
    case .done(let answer): try .json(answer, status: status)
    case .waits(let approval): try .waiting(approval)
    }
  }
}

extension Response {
  /// 202 with what waits for a second person.
  static func waiting(_ approval: AdminApproval) throws -> Response {
    try .json(["approval": approval], status: .accepted, headers: [.location: "/admin/api/approvals/\(approval.id)"])
  }
}
