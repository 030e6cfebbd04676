internal import FlashSale
internal import Glibc

/// Tokens that were found to be right, by their bytes: so that a buyer who sends twenty requests costs one signature.
///
/// (1) It finds a token only by all of its bytes. Whether its time has come or passed, the finder looks.
/// (2) What is found costs a hash of the bytes and a comparison: no allocation and no signature.
/// (3) It holds at most `Limits.tokenCacheBytes` of tokens, in two halves. When the younger half is full, it becomes
///     the older one, whose tokens that were not used since are gone. Wrong tokens are not kept, so nobody can fill it
///     without the provider's signatures.
/// (4) The hash has a seed that nobody outside knows; of two tokens with one hash, the later one stays.
struct TokenCache {
  private final class Entry {
    let bytes: [UInt8]
    let token: VerifiedToken

    init(_ bytes: [UInt8], _ token: VerifiedToken) {
      self.bytes = bytes
      self.token = token
    }

    func has(_ other: UnsafeRawBufferPointer) -> Bool {
      guard bytes.count == other.count, let start = other.baseAddress else { return false }
      return bytes.withUnsafeBytes { own in own.baseAddress.map { memcmp($0, start, other.count) == 0 } ?? false }
    }
  }

  private var young: [Int: Entry] = [:]
  private var old: [Int: Entry] = [:]
  private var youngBytes = 0
  private let half: Int

  /// An empty cache of about so many bytes.
  init(bytes: Int = Limits.tokenCacheBytes) { half = bytes / 2 }

  /// Tokens in it.
  var count: Int { young.count + old.count }

  /// The token of these bytes.
  mutating func find(_ bytes: UnsafeRawBufferPointer) -> VerifiedToken? {
    let hash = Self.hash(bytes)
    if let entry = young[hash], entry.has(bytes) { return entry.token }
    guard let entry = old[hash], entry.has(bytes) else { return nil }
    old[hash] = nil
    keep(entry, hash)
    return entry.token
  }

  /// Keeps a token that was just found to be right.
  mutating func insert(_ bytes: UnsafeRawBufferPointer, _ token: VerifiedToken) {
    keep(Entry(Array(bytes), token), Self.hash(bytes))
  }

  private mutating func keep(_ entry: Entry, _ hash: Int) {
    // What an entry takes beside its bytes: two objects, the claims, a place in the table.
    let size = 2 * entry.bytes.count + 512
    if youngBytes + size > half {
      (old, young) = (young, [:])
      youngBytes = 0
    }
    young[hash] = entry
    youngBytes += size
  }

  /// Forgets all: they may be signed with keys that are not believed any more.
  mutating func removeAll() { (young, old, youngBytes) = ([:], [:], 0) }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: bytes)
    return hasher.finalize()
  }
}
