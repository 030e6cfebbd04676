/// What kind of thing a sale limits beside its buyers: `card`, `address`, `household`, or whatever the shop calls it.
public struct SubjectKind: Identifier {
  public let rawValue: String
  @inlinable public init(unchecked rawValue: String) { self.rawValue = rawValue }
  public static let field = "subject kind"
  @inlinable public static var maxBytes: Int { Limits.subjectKindBytes }
  @inlinable public static func allows(_ byte: UInt8) -> Bool { isNameByte(byte) }
  @inlinable public static var isPathSegment: Bool { true }

  /// An access code. No sale can give this name to a kind of its own.
  public static let code = SubjectKind(unchecked: "code")
}

/// One card, address or household, as the gateway calls it: opaque, best a keyed hash. 1 to 64 visible ASCII
/// characters.
public struct SubjectID: Identifier {
  public let rawValue: String
  @inlinable public init(unchecked rawValue: String) { self.rawValue = rawValue }
  public static let field = "subject id"
  @inlinable public static var maxBytes: Int { Limits.identifierBytes }
  @inlinable public static func allows(_ byte: UInt8) -> Bool { isVisibleByte(byte) }
  @inlinable public static var isPathSegment: Bool { false }
}

/// Something that an order counts for beside its buyer, and how much may be counted there (I9).
///
/// The limit stands in the record: intake takes it from the sale, or from the access code. So a decision needs nothing
/// else, and a replay finds the limit that was there.
public struct LimitSubject: Hashable, Sendable {
  public var kind: SubjectKind
  public var id: SubjectID

  /// The most that confirmed orders of one sale may count here together: 1 to `Limits.stockUnits`.
  public var limit: Units

  /// Creates a subject.
  public init(kind: SubjectKind, id: SubjectID, limit: Units) {
    self.kind = kind
    self.id = id
    self.limit = limit
  }

  /// What an order of so many units counts: its units; of an access code, one use.
  public func count(of quantity: Units) -> Units { kind == .code ? Units(1) : quantity }
}

/// What a request brings to its decision beside what it buys. Most bring nothing.
public struct OrderTerms: Hashable, Sendable {
  @usableFromInline
  final class Some: Sendable {
    let subjects: [LimitSubject]
    let buyerLimit: Units?
    let waits: Bool
    let lines: [OrderLine]

    init(_ subjects: [LimitSubject], _ buyerLimit: Units?, _ waits: Bool, _ lines: [OrderLine]) {
      self.subjects = subjects
      self.buyerLimit = buyerLimit
      self.waits = waits
      self.lines = lines
    }
  }

  /// Behind one word, because it is copied with each request; `nil`: there are none.
  @usableFromInline var some: Some?

  /// Creates terms.
  public init(
    subjects: [LimitSubject] = [], buyerLimit: Units? = nil, waits: Bool = false, lines: [OrderLine] = []
  ) {
    let isEmpty = subjects.isEmpty && buyerLimit == nil && !waits && lines.isEmpty
    some = isEmpty ? nil : Some(subjects, buyerLimit, waits, lines)
  }

  @inlinable
  init(none: Void) {}

  /// Those of most requests.
  @inlinable public static var none: OrderTerms { OrderTerms(none: ()) }

  /// Whether there are none.
  @inlinable public var isEmpty: Bool { some == nil }

  /// Each kind once.
  public var subjects: [LimitSubject] {
    get { some?.subjects ?? [] }
    set { self = OrderTerms(subjects: newValue, buyerLimit: buyerLimit, waits: waits, lines: lines) }
  }

  /// The buyer's limit in place of the sale's: 1 to `Limits.stockUnits`. It changes nothing in a sale without a limit.
  public var buyerLimit: Units? {
    get { some?.buyerLimit }
    set { self = OrderTerms(subjects: subjects, buyerLimit: newValue, waits: waits, lines: lines) }
  }

  /// Whether it waits for units that come back if there are none. It changes nothing in a sale without a waitlist, and
  /// nothing of a basket.
  public var waits: Bool {
    get { some?.waits ?? false }
    set { self = OrderTerms(subjects: subjects, buyerLimit: buyerLimit, waits: newValue, lines: lines) }
  }

  /// All lines of a basket; empty for an order of one line.
  public internal(set) var lines: [OrderLine] {
    get { some?.lines ?? [] }
    set { self = OrderTerms(subjects: subjects, buyerLimit: buyerLimit, waits: waits, lines: newValue) }
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.some === b.some
      || (a.subjects == b.subjects && a.buyerLimit == b.buyerLimit && a.waits == b.waits && a.lines == b.lines)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(subjects)
    hasher.combine(buyerLimit)
    hasher.combine(waits)
    hasher.combine(lines)
  }

  /// Says what is out of range.
  func check() throws(ValidationError) {
    guard !isEmpty else { return }
    guard subjects.count <= Limits.subjectsPerOrder else {
      throw ValidationError("subjects", "must be at most \(Limits.subjectsPerOrder)")
    }
    guard Set(subjects.map(\.kind)).count == subjects.count else {
      throw ValidationError("subjects", "must be of different kinds")
    }
    let limits = 1...Limits.stockUnits
    guard subjects.allSatisfy({ limits.contains($0.limit.rawValue) }) else {
      throw ValidationError("subjects.limit", "must be 1 to \(limits.upperBound)")
    }
    guard buyerLimit.map({ limits.contains($0.rawValue) }) ?? true else {
      throw ValidationError("buyer_limit", "must be 1 to \(limits.upperBound)")
    }
  }
}

extension LaneStock {
  /// A limit subject of one sale, as it is counted.
  public struct Subject: Hashable, Sendable {
    public var sale: SaleNumber
    public var kind: SubjectKind
    public var id: SubjectID

    /// Creates a subject.
    public init(sale: SaleNumber, kind: SubjectKind, id: SubjectID) {
      self.sale = sale
      self.kind = kind
      self.id = id
    }
  }

  /// Why the request's subjects refuse it: the first one, in their order, that would have more than its limit.
  ///
  /// - Parameter units: those that are counted; of a basket, of its lines so far.
  func refusal(bySubjectsOf request: PurchaseRequest, counting units: Units) -> Refusal? {
    for subject in request.terms.subjects {
      let held = heldBySubject[request.counted(subject)] ?? .zero
      guard held + subject.count(of: units) > subject.limit else { continue }
      return subject.kind == .code ? .codeUsedUp : .subjectLimitReached
    }
    return nil
  }

  /// Counts a confirmed request for its subjects.
  mutating func count(_ request: PurchaseRequest, at offset: Offset, into effects: inout Effects) {
    for subject in request.terms.subjects {
      let (counted, count) = (request.counted(subject), subject.count(of: request.quantity))
      heldBySubject[counted] = (heldBySubject[counted] ?? .zero) + count
      effects.count(Effects.SubjectCount(subject: counted, count: count, order: request.order, offset: offset))
    }
  }
}

extension PurchaseRequest {
  /// A subject of the request, in its sale.
  public func counted(_ subject: LimitSubject) -> LaneStock.Subject {
    LaneStock.Subject(sale: stock.sale, kind: subject.kind, id: subject.id)
  }
}
