internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials

/// A password as it is kept: scrypt (RFC 7914) over a random salt, with the parameters beside it, so that they can grow
/// and old hashes still count.
///
/// As text it has the form of the password hashing competition: `$scrypt$ln=15,r=8,p=3$SALT$HASH`, in Base64 without
/// padding.
public struct PasswordHash: Sendable, Hashable {
  /// What one hash costs: 128 · 2^`logRounds` · `blockSize` bytes of memory, passed through `parallelism` times.
  public struct Cost: Sendable, Hashable {
    public let logRounds: Int
    public let blockSize: Int
    public let parallelism: Int

    /// Names a cost; the store holds none outside 10...20, 1...32 and 1...16, or it is not read.
    public init(logRounds: Int, blockSize: Int = 8, parallelism: Int = 1) {
      self.logRounds = logRounds
      self.blockSize = blockSize
      self.parallelism = parallelism
    }

    /// 32 MiB, three times: the least that OWASP's Password Storage Cheat Sheet advises at this memory.
    public static let standard = Cost(logRounds: 15, blockSize: 8, parallelism: 3)

    fileprivate var isUsable: Bool {
      (10...20).contains(logRounds) && (1...32).contains(blockSize) && (1...16).contains(parallelism)
    }
  }

  public let cost: Cost
  private let salt: [UInt8]
  private let key: [UInt8]

  /// Hashes a password with a new salt. Takes some tenths of a second of one processor.
  public init(_ password: String, cost: Cost = .standard) throws {
    try self.init(password, salt: (0..<16).map { _ in UInt8.random(in: 0...255) }, cost: cost)
  }

  init(_ password: String, salt: [UInt8], cost: Cost) throws {
    self.cost = cost
    self.salt = salt
    key = try Self.derive(password, salt, cost, bytes: 32)
  }

  /// Whether it is the hash of this password. Takes as long as making it.
  public func matches(_ password: String) throws -> Bool {
    // Two SHA-256 digests are compared in constant time.
    let derived = try Self.derive(password, salt, cost, bytes: key.count)
    return SHA256.hash(data: derived) == SHA256.hash(data: key)
  }

  static func derive(_ password: String, _ salt: [UInt8], _ cost: Cost, bytes: Int) throws -> [UInt8] {
    try KDF.Scrypt.deriveKey(
      from: Array(password.utf8), salt: salt, outputByteCount: bytes, rounds: 1 << cost.logRounds,
      blockSize: cost.blockSize, parallelism: cost.parallelism
    ).withUnsafeBytes(Array.init)
  }

  /// As it is stored.
  public var text: String {
    let (salt, key) = (Self.base64(salt), Self.base64(key))
    return "$scrypt$ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)$\(salt)$\(key)"
  }

  /// Reads it; `nil` for what is none of a cost that this version takes.
  public init?(text: String) {
    let form = #/\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+\/]+)\$([A-Za-z0-9+\/]+)/#
    guard let parts = text.wholeMatch(of: form)?.output, let logRounds = Int(parts.1), let blockSize = Int(parts.2),
      let parallelism = Int(parts.3), let salt = Self.bytes(parts.4), let key = Self.bytes(parts.5), key.count >= 16
    else { return nil }
    cost = Cost(logRounds: logRounds, blockSize: blockSize, parallelism: parallelism)
    guard cost.isUsable else { return nil }
    self.salt = salt
    self.key = key
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    String(Data(bytes).base64EncodedString().prefix { $0 != "=" })
  }

  private static func bytes(_ text: Substring) -> [UInt8]? {
    let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
    return Data(base64Encoded: text + padding).map { Array($0) }
  }
}

extension PasswordHash: CustomStringConvertible, CustomReflectable {
  /// Nothing of it is printed.
  public var description: String { "•••" }
  /// Nothing inside.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
