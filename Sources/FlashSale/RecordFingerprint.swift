import Crypto

/// Identifies a record of the log: the first 64 bits of the SHA-256 of its value.
///
/// Orders hold an id of 90 random or hashed bits and the time. So two logs that are not copies of each other have the
/// same fingerprint at an offset once in 10^19 times. A tombstone counts as a value without bytes.
public struct RecordFingerprint: Hashable, Sendable {
  /// The bits, as they are stored.
  public let rawValue: Int64

  /// Takes the bits as they are.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// The fingerprint of a record whose value has this SHA-256, 32 bytes.
  public init(sha256 digest: [UInt8]) {
    rawValue = Int64(bitPattern: digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// The fingerprint of a record with this value.
  public init(of value: UnsafeRawBufferPointer?) {
    var hash = SHA256()
    if let value { hash.update(bufferPointer: value) }
    let bits = hash.finalize().withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
    rawValue = Int64(bigEndian: bits)
  }
}
