/// A partition of the `orders` topic: 0 or above.
public struct Partition: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }
  public init(_ rawValue: Int32) { self.rawValue = rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }
}

/// A record's place in its partition: 0 or above, without gaps.
public struct Offset: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  public let rawValue: Int64
  public init(rawValue: Int64) { self.rawValue = rawValue }
  public init(_ rawValue: Int64) { self.rawValue = rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }

  /// The offset after this one.
  public var next: Offset { Offset(rawValue + 1) }
}

/// Where a record stands in the log: the place in line of the request that it carries.
public struct LogPosition: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var partition: Partition
  public var offset: Offset

  /// Creates a position.
  public init(partition: Partition, offset: Offset) {
    self.partition = partition
    self.offset = offset
  }

  public static func < (a: Self, b: Self) -> Bool {
    (a.partition, a.offset) < (b.partition, b.offset)
  }

  /// `partition@offset`.
  public var description: String { "\(partition)@\(offset)" }
}

/// The number of a claim of a partition. Each claim raises it by one, and only the holder of the current one can commit
/// (I7).
public struct Epoch: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  public let rawValue: Int64
  public init(rawValue: Int64) { self.rawValue = rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }
}
