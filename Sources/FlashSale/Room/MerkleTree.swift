import Crypto

/// The root of a Merkle tree over what is appended, as RFC 6962 §2.1 defines it: a leaf's hash begins with 0, a node's
/// with 1, so that no node can be shown for a leaf.
///
/// Keeps a hash for each bit of the number of leaves.
public struct MerkleTree: Hashable, Sendable {
  /// Of whole subtrees, from the largest to the smallest.
  private var hashes: [Digest] = []
  /// How many leaves each has.
  private var sizes: [Int] = []

  /// 32 bytes of SHA-256.
  public typealias Digest = [UInt8]

  public private(set) var count = 0

  public init() {}

  /// Appends a leaf with these bytes.
  public mutating func append(_ leaf: some Sequence<UInt8>) {
    count += 1
    hashes.append(Self.hash(0, Array(leaf), []))
    sizes.append(1)
    while sizes.count >= 2, sizes[sizes.count - 1] == sizes[sizes.count - 2] {
      let (right, left) = (hashes.removeLast(), hashes.removeLast())
      let size = sizes.removeLast() + sizes.removeLast()
      hashes.append(Self.hash(1, left, right))
      sizes.append(size)
    }
  }

  /// The root; of no leaves, the hash of nothing.
  public var root: Digest {
    guard var root = hashes.last else { return Array(SHA256.hash(data: [UInt8]())) }
    for left in hashes.dropLast().reversed() { root = Self.hash(1, left, root) }
    return root
  }

  private static func hash(_ domain: UInt8, _ first: Digest, _ second: Digest) -> Digest {
    var hash = SHA256()
    hash.update(data: [domain])
    hash.update(data: first)
    hash.update(data: second)
    return Array(hash.finalize())
  }
}
