/// A value that nothing prints: it shows as `•••` in interpolations, `print`, `dump`, `String(describing:)`,
/// `String(reflecting:)` and in the metadata of a logger, also from inside of whatever holds it.
///
/// More people read logs than may know secrets, and a library that logs a whole service, as service-lifecycle does at
/// `debug`, prints everything that the service holds. It is not `Codable`, so no encoder gets at it either. What needs
/// the value asks for it by name.
public struct Secret<Value: Sendable>: Sendable {
  /// The value itself: for its use, never for a message.
  public let value: Value

  /// Hides a value.
  public init(_ value: Value) { self.value = value }
}

extension Secret: Equatable where Value: Equatable {}
extension Secret: Hashable where Value: Hashable {}

extension Secret: ExpressibleByUnicodeScalarLiteral where Value == String {
  public init(unicodeScalarLiteral value: String) { self.init(value) }
}
extension Secret: ExpressibleByExtendedGraphemeClusterLiteral where Value == String {
  public init(extendedGraphemeClusterLiteral value: String) { self.init(value) }
}
extension Secret: ExpressibleByStringLiteral where Value == String {
  public init(stringLiteral value: String) { self.init(value) }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Three dots, whatever the value is: not even its length.
  public var description: String { "•••" }
  /// The same.
  public var debugDescription: String { description }
  /// Nothing inside, for `dump` and for whatever else looks.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
