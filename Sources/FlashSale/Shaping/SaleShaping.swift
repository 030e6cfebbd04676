public import Time

/// How a sale shapes its crowd. Each rule is optional; one that is left out costs nothing and changes nothing.
///
/// Its JSON form is `shaping` of a sale, and what the store keeps of it: an object with the fields of `CodingKeys`.
public struct SaleShaping: Hashable, Sendable {
  /// How many units may stand in line for each unit that is left: 1 to `Limits.queueCap`. Behind them a request is
  /// refused until the line gets shorter or units come back. `nil`: as many as the backlog takes.
  public var queueCap: Int32?

  /// How many orders of the sale may be in line, over all of its partitions: 1 to `Limits.saleBacklog`. A further one
  /// is refused until some are decided. `nil`: as many as the partitions take.
  public var backlog: Int64?

  /// How often one buyer, or one address, may ask for an order. What is left out is as the intake is configured.
  public var limits: RequestLimits?
  /// Where the crowd waits before it may order. `nil`: nowhere.
  public var room: RoomRule?
  /// Limits beside the buyers'. `nil`: there are none, and what the gateway says of an order's subjects is not read.
  public var subjects: SubjectLimits?

  /// What it does with access codes. `nil`: a code that an order has is not read.
  public var codes: CodeRule?
  /// What the buyer's signed token must say; `nil`: anybody may buy.
  public var claim: TokenClaim?

  /// How much work an order must show; `nil`: none.
  public var proofOfWork: ProofRule?

  /// Whether an order must show the bot service's word; `nil`: no.
  public var verdict: VerdictRule?

  /// What `backlog` may be.
  public static let backlogs = 1...Limits.saleBacklog

  /// Shapes nothing.
  public init() {}

  /// The same rules for a sale at another time: each instant that they name is moved.
  public func moving(_ move: (Timestamp) -> Timestamp) -> SaleShaping {
    var moved = self
    moved.codes?.before = codes?.before.map(move)
    moved.room = room?.moving(move)
    return moved
  }

  /// Whether orders are counted for something else than their buyers.
  public var limitsBeyondBuyers: Bool { subjects != nil || codes != nil }
}

extension SaleShaping: Encodable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case queueCap = "queue_cap"
    case backlog
    case limits
    case room
    case subjects
    case codes
    case claim
    case proofOfWork = "proof_of_work"
    case verdict
  }
}

extension SaleShaping {
  /// Reads the JSON form, by itself.
  ///
  /// - Throws: `malformed` if it is no JSON object; else the first field that is wrong, as `queue_cap`.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    self = try JSONReader.object(in: body) { json throws(BodyError) in try SaleShaping(fields: &json, at: "") }
  }

  /// Reads the fields of the object that has begun at `place`. A rule may be `null`: as if it were left out.
  init(fields json: inout JSONReader, at place: String) throws(BodyError) {
    self.init()
    var fields = JSONFields(of: "shaping", CodingKeys.allCases.map(\.rawValue), at: place)
    while let field = try fields.next(&json) {
      if json.takeNull() { continue }
      let place = fields[field]
      switch CodingKeys(rawValue: field) {
      case .room:
        guard json.beginObject() else { throw .invalidField(place, "must be an object") }
        room = try RoomRule(fields: &json, at: place)
      case .subjects: subjects = try SubjectLimits(&json, at: place)
      case .codes: codes = try CodeRule(&json, at: place)
      case .proofOfWork: proofOfWork = try ProofRule(json: &json, at: place)
      case .verdict: verdict = try VerdictRule(json: &json, at: place)
      case .claim: claim = try TokenClaim(json: &json, at: place)
      case .backlog: backlog = try json.wholeNumber(place, in: Self.backlogs)
      case .queueCap, nil: queueCap = try json.wholeNumber(place, in: 1...Limits.queueCap)
      case .limits: limits = try RequestLimits(parsing: &json, at: place)
      }
    }
  }
}
