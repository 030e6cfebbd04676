/// Which subjects a sale limits beside its buyers. Each order must name one of each kind.
///
/// Its JSON form is an object: `{"card": {"limit": 2}, "address": {"limit": 4}}`.
public struct SubjectLimits: Hashable, Sendable {
  /// One kind, and the most units that orders with one subject of it get together: 1 to `Limits.stockUnits`.
  public struct Rule: Hashable, Sendable {
    public let kind: SubjectKind
    public let limit: Units
  }

  /// 1 to `Limits.subjectKinds`, in the order of their names.
  public let rules: [Rule]

  /// Creates the rules, or says what is wrong with them.
  public init(_ limits: [SubjectKind: Units]) throws(ValidationError) {
    guard (1...Limits.subjectKinds).contains(limits.count) else { throw ValidationError("subjects", Self.countRule) }
    for (kind, limit) in limits {
      if kind == .code { throw ValidationError("subjects.code", Self.codeRule) }
      guard (1...Limits.stockUnits).contains(limit.rawValue) else {
        throw ValidationError("subjects.\(kind).limit", "must be 1 to \(Limits.stockUnits) units")
      }
    }
    rules = limits.sorted { $0.key < $1.key }.map { Rule(kind: $0.key, limit: $0.value) }
  }

  private static let countRule = "must be an object of 1 to \(Limits.subjectKinds) kinds"
  private static let codeRule = "is the kind of access codes: call it otherwise"
}

// MARK: - What an order names

extension SubjectLimits {
  /// The field in which the gateway names an order's subjects.
  public static let field = "X-Limit-Subjects"

  /// Why an order's subjects are not taken.
  public enum Fault: Error, Equatable, Sendable {
    /// The field cannot be read; what is wrong, after the field's name.
    case malformed(String)
    /// The order names no subject of this kind, which the sale limits.
    case missing(SubjectKind)
  }

  /// The subjects that an order counts for, in the order of the rules.
  ///
  /// - Parameter text: `card=9f8a…, address=77c1…`, in any order. Kinds that the sale does not limit are passed over,
  ///   so that a gateway may name the same ones to every sale.
  public func subjects(in text: String?) throws(Fault) -> [LimitSubject] {
    // By bytes, and in a list: they are few, and each order of such a sale is read.
    var named: [(kind: SubjectKind, id: SubjectID)] = []
    for element in text?.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) ?? [] {
      guard let (kind, id) = Self.subject(element.trimmed) else {
        throw .malformed(
          """
          must be like card=9f8a, address=77c1: kinds of 1 to \(SubjectKind.maxBytes) characters of A-Z a-z 0-9 . _ -, \
          and ids of 1 to \(SubjectID.maxBytes) characters of printable ASCII without spaces and commas
          """)
      }
      guard !named.contains(where: { $0.kind == kind }) else { throw .malformed("names \(kind) twice") }
      named.append((kind, id))
      guard named.count <= Limits.subjectsNamed else {
        throw .malformed("must name at most \(Limits.subjectsNamed) subjects")
      }
    }
    var subjects: [LimitSubject] = []
    for rule in rules {
      guard let id = named.first(where: { $0.kind == rule.kind })?.id else { throw .missing(rule.kind) }
      subjects.append(LimitSubject(kind: rule.kind, id: id, limit: rule.limit))
    }
    return subjects
  }

  /// What `card=9f8a` names.
  private static func subject(_ element: Substring.UTF8View) -> (SubjectKind, SubjectID)? {
    guard let equals = element.firstIndex(of: UInt8(ascii: "=")),
      let kind = SubjectKind(rawValue: String(Substring(element[..<equals]))),
      let id = SubjectID(rawValue: String(Substring(element[element.index(after: equals)...])))
    else { return nil }
    return (kind, id)
  }
}

extension Substring.UTF8View {
  /// Without the spaces and tabs around it.
  fileprivate var trimmed: Self {
    let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var rest = drop(while: isSpace)
    while let last = rest.last, isSpace(last) { rest.removeLast() }
    return rest
  }
}

// MARK: - JSON

extension SubjectLimits: Encodable {
  private struct Kind: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Encodes as the JSON form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Kind.self)
    for rule in rules {
      try container.encode(["limit": rule.limit.rawValue], forKey: Kind(stringValue: rule.kind.rawValue))
    }
  }
}

extension SubjectLimits {
  /// Reads the object that begins at `place`.
  init(_ json: inout JSONReader, at place: String) throws(BodyError) {
    guard json.beginObject() else { throw .invalidField(place, Self.countRule) }
    var limits: [SubjectKind: Units] = [:]
    while let name = try json.nextField() {
      guard let kind = SubjectKind(rawValue: name) else { throw .invalidField("\(place).\(name)", SubjectKind.rule) }
      guard kind != .code else { throw .invalidField("\(place).code", Self.codeRule) }
      guard limits[kind] == nil else { throw .duplicateField("\(place).\(name)") }
      guard limits.count < Limits.subjectKinds else { throw .invalidField(place, Self.countRule) }
      limits[kind] = try Self.limit(&json, at: "\(place).\(name)")
    }
    do throws(ValidationError) {
      try self.init(limits)
    } catch {
      throw .invalidField(place, error.reason)
    }
  }

  private static func limit(_ json: inout JSONReader, at place: String) throws(BodyError) -> Units {
    guard json.beginObject() else { throw .invalidField(place, "must be an object with a limit") }
    var fields = JSONFields(of: "a limit by subject", ["limit"], at: place)
    var limit: Units?
    while let field = try fields.next(&json) {
      limit = Units(try json.wholeNumber(fields[field], in: 1...Limits.stockUnits))
    }
    return try fields.required(limit, "limit")
  }
}
