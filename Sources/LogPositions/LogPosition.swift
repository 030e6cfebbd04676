/// A partition of the log: 0 or above.
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

extension Partition: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int32) { self.init(value) }
}

extension Offset: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int64) { self.init(value) }
}

/// Where a record stands in the log: a partition, and a place in it.
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
