/// The number of a claim of a partition. Each claim raises it by one, and only the holder of the current one can commit
/// (I7).
public struct Epoch: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  public let rawValue: Int64
  public init(rawValue: Int64) { self.rawValue = rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }
}
