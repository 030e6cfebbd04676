internal import Crypto
internal import FlashSale
public import Time

/// One line of the admin log: who did what, when, to which thing, from → to, and why.
///
/// Each carries the hash of the one before, so nobody can change, insert or take out a line without breaking every line
/// behind it. What is cut off at the end is seen only by who has noted the last hash elsewhere.
public struct LogEntry: Sendable, Hashable {
  /// From 1, without a gap.
  public let number: Int64
  public let at: Timestamp
  public let content: Content

  /// SHA-256 over the hash before and everything above.
  public let hash: [UInt8]

  /// What is to be logged.
  public struct Content: Sendable, Hashable {
    /// As `Principal.name`.
    public var who: String
    public var action: LogAction

    /// The thing: a sale, an order, a user, a partition.
    public var subject: String
    public var from: String?
    public var to: String?
    public var why: String

    /// The code of the problem if it failed; `nil`: it was about to be done.
    public var problem: String?

    /// Where the request came from.
    public var address: String

    /// Collects it. Texts longer than `Limits.loggedBytes` are cut; what a terminal or a page may act upon (control
    /// characters, and marks that turn text around) becomes U+FFFD.
    public init(
      who: String, action: LogAction, subject: String, from: String? = nil, to: String? = nil, why: String = "",
      problem: String? = nil, address: String = ""
    ) {
      self.who = Self.kept(who)
      self.action = action
      self.subject = Self.kept(subject)
      self.from = from.map(Self.kept)
      self.to = to.map(Self.kept)
      self.why = Self.kept(why)
      self.problem = problem
      self.address = Self.kept(address)
    }

    private static func kept(_ text: String) -> String {
      var kept = String.UnicodeScalarView()
      var bytes = 0
      for scalar in text.unicodeScalars {
        let isActedUpon = scalar.properties.generalCategory == .control || scalar.turnsText
        let shown = isActedUpon ? "\u{FFFD}" : scalar
        bytes += UTF8.width(shown)
        guard bytes <= Limits.loggedBytes - 3 else { return String(kept) + "…" }
        kept.append(shown)
      }
      return String(kept)
    }
  }

  /// As the store has it.
  public init(number: Int64, at: Timestamp, content: Content, hash: [UInt8]) {
    self.number = number
    self.at = at
    self.content = content
    self.hash = hash
  }

  /// The next one.
  public init(_ content: Content, at: Timestamp, after head: LogHead) {
    number = head.number + 1
    self.at = at
    self.content = content
    hash = Self.hash(number, at, content, after: head.hash)
  }

  /// Whether it follows on that head, and nothing of it was changed.
  public func follows(_ head: LogHead) -> Bool {
    number == head.number + 1 && hash == Self.hash(number, at, content, after: head.hash)
  }

  /// Each field with its length before it, so that no two entries have the same bytes.
  private static func hash(_ number: Int64, _ at: Timestamp, _ content: Content, after last: [UInt8]) -> [UInt8] {
    var sha = SHA256()
    sha.update(data: last)
    for value in [number, at.microseconds] {
      sha.update(data: withUnsafeBytes(of: value.bigEndian) { Array($0) })
    }
    let texts = [
      content.who, content.action.rawValue, content.subject, content.from, content.to, content.why, content.problem,
      content.address,
    ]
    for text in texts {
      let length = text.map { Int64($0.utf8.count) } ?? -1
      sha.update(data: withUnsafeBytes(of: length.bigEndian) { Array($0) })
      sha.update(data: Array((text ?? "").utf8))
    }
    return Array(sha.finalize())
  }
}

/// Where the log ends: the number and the hash of its last line.
public struct LogHead: Sendable, Hashable {
  public let number: Int64
  public let hash: [UInt8]

  /// Of a line, or as the store has it.
  public init(number: Int64, hash: [UInt8]) {
    self.number = number
    self.hash = hash
  }

  /// Of a log without a line.
  public static let none = LogHead(number: 0, hash: Array(repeating: 0, count: 32))
}
