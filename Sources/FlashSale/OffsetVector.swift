/// How far each partition of the log is looked at: a place in the history of everything that lanes decide.
///
/// What lanes write is as of such a vector: a record is part of it if its offset is before its partition's. One that
/// is not named stands at 0. The text form is for answers and cursors: opaque to its reader, and checked, so that a
/// text that was cut or changed is no other vector.
public struct OffsetVector: Hashable, Sendable {
  /// The first offset of each partition that is not part of it; those at 0 are left out.
  public let offsets: [Partition: Offset]

  /// A vector of these next offsets; negative partitions and offsets are left out, as are offsets of 0.
  public init(_ offsets: [Partition: Offset]) {
    self.offsets = offsets.filter { $0.key.rawValue >= 0 && $0.value.rawValue > 0 }
  }

  /// The first offset of a partition that is not part of it.
  public subscript(_ partition: Partition) -> Offset { offsets[partition] ?? 0 }

  /// Whether the record at this place is part of it.
  public func covers(_ position: LogPosition) -> Bool { position.offset < self[position.partition] }

  /// Whether everything that is part of this one is part of the other too.
  public func isCovered(by other: OffsetVector) -> Bool {
    offsets.allSatisfy { $0.value <= other[$0.key] }
  }

  /// The offsets by the number of their partition, up to the last that is named: how SQL looks them up.
  public var dense: [Int64] {
    guard let last = offsets.keys.max() else { return [] }
    return (0...last.rawValue).map { self[Partition($0)].rawValue }
  }

  /// Its bytes: the number of entries, and for each its partition and offset.
  public var bytes: [UInt8] {
    var writer = VarintWriter()
    writer.add(UInt64(offsets.count))
    for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
      writer.add(UInt64(partition.rawValue))
      writer.add(UInt64(offset.rawValue))
    }
    return writer.bytes
  }

  /// Takes the bytes of one off the front; `nil` if they are none.
  public init?(reading bytes: inout ArraySlice<UInt8>) {
    guard let count = VarintWriter.read(&bytes), count <= UInt64(bytes.count) else { return nil }
    var offsets: [Partition: Offset] = [:]
    for _ in 0..<count {
      guard let partition = VarintWriter.read(&bytes).flatMap({ Int32(exactly: $0) }),
        partition < Limits.vectorPartitions,
        let offset = VarintWriter.read(&bytes).flatMap({ Int64(exactly: $0) }), offset > 0,
        offsets.updateValue(Offset(offset), forKey: Partition(partition)) == nil
      else { return nil }
    }
    self.offsets = offsets
  }
}

extension OffsetVector: LosslessStringConvertible {
  /// The text form.
  public var description: String { CheckedText.encode(bytes, as: Self.label) }

  /// The vector of a text form; `nil` if it is none, or was changed.
  public init?(_ text: String) {
    guard var bytes = CheckedText.decode(text, as: Self.label)?[...], let vector = OffsetVector(reading: &bytes),
      bytes.isEmpty
    else { return nil }
    self = vector
  }

  private static let label = "penstock offsets 1"
}

/// Numbers of few bytes where they are small: seven bits a byte, the lowest first (LEB128).
public struct VarintWriter {
  /// What is written so far.
  public private(set) var bytes: [UInt8] = []

  /// Nothing is written.
  public init() {}

  /// Adds a number.
  public mutating func add(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Takes a number off the front; `nil` if there is none.
  public static func read(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      let part = UInt64(byte & 0x7F)
      guard shift < 63 || part <= 1 else { return nil }
      number |= part << shift
      if byte < 0x80 { return number }
    }
    return nil
  }
}
