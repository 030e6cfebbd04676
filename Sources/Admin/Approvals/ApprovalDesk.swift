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

  /// The body of a close.
  static let plainClose = "{}"

  /// Those that demand one here.
  let demanding: Set<GuardedCommand>

  var store: SaleStore { desk.store }

  /// What became of a command.
  enum Outcome<Answer> {
    case done(Answer)
    case waits(AdminApproval)
  }

  /// Does a command, or notes that it waits for a second person.
  ///
  /// Who asks must be known as a person: of a token that nobody answers for, no second person can be told.
  ///
  /// - Parameters:
  ///   - body: all that is needed to do it later, JSON.
  ///   - name: of one that goes through the log under an id. Asked for twice, it waits once.
  func run<Answer>(
    _ command: GuardedCommand, _ action: LogAction, _ subject: String, from: String? = nil, to: String? = nil,
    body: String, named name: CommandName? = nil, why: String, by visit: Visit, _ work: () async throws -> Answer
  ) async throws -> Outcome<Answer> {
    guard demanding.contains(command) else {
      return .done(try await visit.logged(action, subject, from: from, to: to, why: why, work))
    }
    guard let person = visit.who.person else { throw Problem.unknownPerson }
    let line = visit.line(.approvalAsked, "\(command.rawValue) \(subject)", from: from, to: to, why: why)
    let until = Timestamp.now.after(Accounts.Limits.approvalLife)
    let id = try await desk.asking("ask for approval", changes: "the request may stand, now or later") { [store] in
      try await store.askApproval(
        command, subject: subject, body: body, id: name?.id, person: person, expiresAt: until, logged: line)
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

  func shown(_ approval: StoredApproval, to visit: Visit) -> AdminApproval {
    AdminApproval(approval, at: .now, to: visit.who, masksBuyers: !visit.may(.unmask))
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
    if isApproved, let refusal = asked.refusal(of: visit.who) { throw refusal }
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
      guard asked.body != Self.plainClose else {
        let actor = try visit.actor(reason: asked.why)
        _ = try await visit.logged(.saleClosed, asked.subject, why: why) {
          try await desk.close(id, named: asked.name, by: actor)
        }
        return
      }
      // A change that ends the selling.
      let change = try bytes { raw throws(BodyError) in try CommandRequest.Change(parsing: raw) }
      let actor = try visit.actor(reason: change.reason)
      _ = try await visit.logged(.saleChanged, asked.subject, to: asked.body, why: why) {
        try await desk.change(id, change, named: asked.name, by: actor)
      }
    case .reduce:
      guard parts.count == 2, let id = SaleID(rawValue: parts[0]), let sku = SKU(rawValue: parts[1]) else {
        throw Problem.saleNotFound
      }
      let body = try bytes { raw throws(BodyError) in try CommandRequest.Stock(parsing: raw, hasUnits: true) }
      let actor = try visit.actor(reason: body.reason)
      let units = body.units ?? Units(1)
      let from = try await desk.stored(id).words(for: sku)
      _ = try await visit.logged(.stockReduced, asked.subject, from: from, to: "−\(units)", why: why) {
        try await desk.command(id, sku, .reduce(units), named: asked.name, by: actor)
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
  /// Under which it is done; a new one if it was asked for without.
  var name: CommandName { commandID.map { CommandName(kept: $0) } ?? CommandName(nil) }

  /// Why somebody cannot approve it; `nil`: nothing is in the way. A token does not make one person two, and none is a
  /// person.
  func refusal(of who: Principal) -> Problem? {
    guard case .user = who.kind else {
      return Problem(.secondPersonNeeded, detail: "Only a person can approve it. Sign in: no token counts.")
    }
    guard let person else {
      return Problem(.secondPersonNeeded, detail: "Nobody knows who asked for it. Refuse it, and ask for it anew.")
    }
    guard person == who.person else { return nil }
    return Problem(.secondPersonNeeded, detail: "\(person) asked for it; somebody else has to approve it.")
  }

  /// Whether somebody who has approved it can do so again: what is done once, however often it is asked for.
  func canRepeat(by name: String, at now: Timestamp) -> Bool {
    guard isApproved == true, decidedBy == name, now < expiresAt else { return false }
    switch command {
    case .close, .resume: return true
    case .reduce, .massCancel, .massRefund: return commandID != nil
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

  /// Whether who looks at it can be its second person. Of pages only.
  let canApprove: Bool

  /// As it is shown to somebody.
  init(_ stored: StoredApproval, at now: Timestamp, to who: Principal, masksBuyers: Bool) {
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
    canApprove = stored.refusal(of: who) == nil
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

extension Problem {
  fileprivate static let unknownPerson = Problem(
    .secondPersonNeeded,
    detail: "This needs a second person, and nobody knows who the first is. Sign in, or use a token that a user added.")
}

extension Response {
  /// 202 with what waits for a second person.
  static func waiting(_ approval: AdminApproval) throws -> Response {
    try .json(["approval": approval], status: .accepted, headers: [.location: "/admin/api/approvals/\(approval.id)"])
  }
}
