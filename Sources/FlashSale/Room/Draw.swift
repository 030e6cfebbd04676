import Crypto
public import Time

/// The lot: in which order those who joined before the doors opened are let in. Nobody can steer it:
///
/// (1) The secret and the beacons were committed to before anybody joined, so they cannot be chosen by the entries.
/// (2) Their last offset and their Merkle root fix the entries, and when they ended, before the beacon speaks. So no
///     entry can be added or dropped, and no other round be chosen, once the order can be known.
/// (3) The beacon speaks after the entries have ended. So nobody knows the order before, and the secret does not help.
public enum Draw {
  /// Bytes of the secret.
  public static let secretBytes = 32

  /// One entry: the place that a join got, and whose it is.
  public struct Entry: Hashable, Sendable {
    public let offset: Offset
    /// SHA-256 over the sale's number and the buyer: who knows herself finds herself.
    public let buyer: [UInt8]

    public init(offset: Offset, buyer: [UInt8]) {
      self.offset = offset
      self.buyer = buyer
    }

    /// The entry of a buyer.
    public init(sale: SaleNumber, buyer: BuyerID, offset: Offset) {
      self.offset = offset
      self.buyer = Draw.hash("penstock draw buyer", sale.rawValue.bigEndianBytes, Array(buyer.rawValue.utf8))
    }

    /// The leaf's bytes.
    public var bytes: [UInt8] { offset.rawValue.bigEndianBytes + buyer }
  }

  /// How the entries stood when they ended.
  public struct Closing: Hashable, Sendable {
    public var at: Timestamp
    /// The last entry's; -1 if there was none.
    public var lastOffset: Offset
    public var count: Int
    /// Of the tree whose first leaf is the text of `at`, and whose others are the entries.
    public var root: [UInt8]

    public init(at: Timestamp, _ entries: [Entry]) {
      var tree = MerkleTree()
      tree.append(at.description.utf8)
      for entry in entries { tree.append(entry.bytes) }
      (self.at, count, root) = (at, entries.count, tree.root)
      lastOffset = entries.last?.offset ?? Offset(-1)
    }
  }

  /// What is published of a secret when the sale is created. It commits to the beacons too, by their texts.
  public static func commitment(
    to secret: [UInt8], _ beacon: BeaconRule, fallback: (after: Duration, beacon: BeaconRule)? = nil
  ) -> [UInt8] {
    let first = [secret, hash("penstock draw beacon", beacon.texts)]
    guard let fallback else { return hash("penstock draw secret", first) }
    let after = Array("\(fallback.after.components.seconds)".utf8)
    return hash("penstock draw secret", first + [after, hash("penstock draw beacon", fallback.beacon.texts)])
  }

  /// What the order is made from.
  public static func seed(secret: [UInt8], _ closing: Closing, beacon value: String) -> [UInt8] {
    hash("penstock draw seed", secret, closing.lastOffset.rawValue.bigEndianBytes, closing.root, Array(value.utf8))
  }

  /// The entries by the lot, each by its place in `entries`: ascending by SHA-256 over the seed and the entry.
  public static func order(of entries: [Entry], seed: [UInt8]) -> [Int] {
    let lots = entries.map { hash("penstock draw lot", seed, $0.bytes) }
    return entries.indices.sorted { a, b in
      lots[a] == lots[b] ? a < b : lots[a].lexicographicallyPrecedes(lots[b])
    }
  }

  /// What a drand round's value is made of its signature.
  public static func randomness(of signature: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: signature)) }

  /// Each part with its length before it, so that no two lists of parts run together to the same bytes.
  private static func hash(_ domain: StaticString, _ parts: [UInt8]...) -> [UInt8] { hash(domain, parts) }

  private static func hash(_ domain: StaticString, _ parts: [[UInt8]]) -> [UInt8] {
    var hash = SHA256()
    domain.withUTF8Buffer { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    hash.update(data: [0 as UInt8])
    for part in parts {
      hash.update(data: UInt32(part.count).bigEndianBytes)
      hash.update(data: part)
    }
    return Array(hash.finalize())
  }
}

extension BeaconRule {
  /// Its fields as they are published, in the order of `CodingKeys`; empty where it has none.
  fileprivate var texts: [[UInt8]] {
    let texts =
      switch source {
      case .drand(let url, let genesis, let period): [name, url, "\(genesis)", "\(period)", ""]
      case .told(let knownAt): [name, "", "", "", "\(knownAt)"]
      }
    return texts.map { Array($0.utf8) }
  }
}

extension FixedWidthInteger {
  fileprivate var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
