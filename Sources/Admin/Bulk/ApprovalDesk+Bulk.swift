internal import Accounts
internal import FlashSale
internal import FoundationEssentials
internal import HTTPServing
internal import SaleStore

/// What asks for a bulk job, as JSON that `BulkRequest` reads.
struct BulkBody: Codable {
  var action: String
  var search: String
  var asOf: String?
  var expected: Int64?
  var because: String

  private enum CodingKeys: String, CodingKey {
    case action, search, expected, because
    case asOf = "as_of"
  }

  init(action: String, search: String, asOf: String?, expected: Int64?, because: String) {
    (self.action, self.search, self.asOf, self.expected, self.because) = (action, search, asOf, expected, because)
  }

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// The text of a body with the buyer of its search masked. A text that is no such body has no buyer, and stays.
  static func masked(_ json: String) -> String {
    guard var body = try? JSONDecoder().decode(BulkBody.self, from: Data(json.utf8)) else { return json }
    body.search = OrderQuery.masked(body.search)
    return (try? body.json) ?? ""
  }

  /// Reads it by the rules of the API.
  var request: BulkRequest {
    get throws { try BulkRequest(readFrom: json) }
  }
}

extension BulkRequest {
  /// Throws what the caller is told.
  init(readFrom json: String) throws {
    do { self = try Array(json.utf8).withUnsafeBytes { try BulkRequest(parsing: $0) } } catch let error as BodyError {
      throw Problem.body(error)
    }
  }

  /// What the admin log says of it: which orders, without a buyer's id.
  var words: String { "\(action.rawValue), orders with \(search.isEmpty ? "anything" : OrderQuery.masked(search))" }
}

extension BulkAction {
  /// What one needs to start and to stop such a job.
  var right: Right {
    switch self {
    case .cancel, .refund: .refund
    case .extend, .resend: .operate
    }
  }

  /// Whether a second job would do once more what a first one has done.
  var needsKey: Bool { self == .extend }

  /// What it is called where a second person is demanded; `nil`: it never is.
  var guarded: GuardedCommand? {
    switch self {
    case .cancel: .massCancel
    case .refund: .massRefund
    case .extend, .resend: nil
    }
  }
}

extension OrderQuery {
  /// A search, as the query of a listing, with a buyer's id masked.
  static func masked(_ search: String) -> String {
    let parts = search.split(separator: "&", omittingEmptySubsequences: false).map { part -> String in
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        $0.replacing("+", with: " ").percentDecoded
      }
      guard pair[0] == "buyer", pair.count > 1 else { return String(part) }
      return "buyer=\(pair[1].flatMap(BuyerID.init(rawValue:)).map(BuyerMask.text) ?? "***")"
    }
    return parts.joined(separator: "&")
  }
}

extension ApprovalDesk {
  /// Starts a bulk job, or notes that it waits for a second person. What waits is about the orders that fit now: the
  /// vector and their number are noted with it. Asked for again under its name, it is the first one.
  func start(
    _ asked: BulkRequest, in id: SaleID, named name: CommandName, by visit: Visit
  ) async throws -> Outcome<BulkJob> {
    try visit.demand(asked.action.right)
    guard name.isKept || !asked.action.needsKey else { throw Problem.keyMissing }
    let bulk = BulkDesk(desk: desk)
    let actor = try visit.actor(reason: "")
    guard let command = asked.action.guarded, demanding.contains(command) else {
      return .done(
        try await visit.logged(.jobStarted, id.rawValue, to: asked.words, why: asked.because) {
          try await bulk.start(asked, in: id, named: name, by: actor)
        })
    }
    if let waiting = try await waiting(command, asked, in: id, named: name) { return .waits(shown(waiting, to: visit)) }
    let (asOf, matching) = try await bulk.counted(asked, in: id)
    let body = BulkBody(
      action: asked.action.rawValue, search: asked.search, asOf: "\(asOf)", expected: matching, because: asked.because)
    return try await run(
      command, .jobStarted, id.rawValue, to: "\(asked.words): \(matching) orders", body: body.json, named: name,
      why: asked.because, by: visit
    ) { try await bulk.start(asked, in: id, named: name, by: actor) }
  }

  /// What waits already under this name; `nil`: nothing does. Throws if it asks for something else.
  private func waiting(
    _ command: GuardedCommand, _ asked: BulkRequest, in id: SaleID, named name: CommandName
  ) async throws -> StoredApproval? {
    let waiting = try await desk.asking("show an approval") { [store] in
      try await store.approval(of: command, subject: id.rawValue, named: name.id)
    }
    guard let waiting else { return nil }
    let first = try BulkRequest(readFrom: waiting.body)
    guard first.search == asked.search, first.because == asked.because else { throw Problem.keyNamesAnother }
    return waiting
  }

  /// Starts the job that somebody else has asked for.
  func startApproved(_ asked: StoredApproval, why: String, by visit: Visit) async throws {
    guard let id = SaleID(rawValue: asked.subject) else { throw Problem.saleNotFound }
    let request = try BulkRequest(readFrom: asked.body)
    let actor = try visit.actor(reason: "")
    _ = try await visit.logged(.jobStarted, asked.subject, to: request.words, why: why) {
      try await BulkDesk(desk: desk).start(request, in: id, named: asked.name, by: actor)
    }
  }
}
