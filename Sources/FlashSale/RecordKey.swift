public import LogPositions

/// The key of a record in the `orders` topic, and with it the partition and the one lane that decides it.
///
/// `sale` if the sale is decided as a whole, else `sale/sku#bucket`. There is one bucket today, 0; the field is in the
/// key so that a hot SKU can be split later without a new format.
public struct RecordKey: Hashable, Sendable, CustomStringConvertible {
  /// The key's text, ASCII.
  public let text: String

  /// The key under which everything about one SKU of a sale is written.
  public init(sale: Sale, sku: SKU) { self.init(sale: sale.id, ordering: sale.ordering, sku: sku) }

  /// The same of a sale of which no more is known.
  public init(sale: SaleID, ordering: Ordering, sku: SKU) {
    switch ordering {
    case .sale: text = sale.rawValue
    case .sku: text = "\(sale)/\(sku)#0"
    }
  }

  /// The sale that a key read from the log names, for a record whose value says nothing; `nil` if it names none.
  public static func sale(inKey key: UnsafeRawBufferPointer) -> SaleID? {
    let name = key.prefix { $0 != UInt8(ascii: "/") }
    return SaleID(rawValue: String(decoding: name, as: UTF8.self))
  }

  /// The partition of this key among `count` of them. Frozen: a change would move keys between writers.
  ///
  /// The same as the Java client's default partitioner, `toPositive(murmur2(key)) mod count`.
  /// - Precondition: `count` is above 0.
  public func partition(of count: Int32) -> Partition {
    var text = text
    let hash = text.withUTF8 { murmur2(UnsafeRawBufferPointer($0)) }
    return Partition(Int32(hash & 0x7FFF_FFFF) % count)
  }

  public var description: String { text }
}

/// MurmurHash2, 32 bits, as Apache Kafka's `Utils.murmur2` computes it (seed 0x9747b28c, little-endian words).
func murmur2(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  let m: UInt32 = 0x5bd1_e995
  var hash = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.count)
  let words = bytes.count / 4
  for word in 0..<words {
    var k = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: word * 4, as: UInt32.self))
    k = k &* m
    k ^= k >> 24
    hash = (hash &* m) ^ (k &* m)
  }
  let rest = bytes[(words * 4)...]
  if !rest.isEmpty {
    for (index, byte) in rest.enumerated() { hash ^= UInt32(byte) << UInt32(8 * index) }
    hash = hash &* m
  }
  hash ^= hash >> 13
  hash = hash &* m
  return hash ^ hash >> 15
}
