public import FlashSale
public import Hummingbird

/// What stands in a path where it is not fixed: `{sale}` in `/admin/api/sales/{sale}`.
public protocol PathParameter: Sendable {
  /// The name in the braces.
  static var nameInPath: String { get }

  /// `nil` for a text that cannot be one.
  init?(inPath text: String)
}

extension PathParameter {
  /// A number of a path: not negative, and written in one way only, as a number in a list is.
  public static func number<Number: FixedWidthInteger>(_ text: String) -> Number? {
    guard let number = Number(text), number >= 0, "\(number)" == text else { return nil }
    return number
  }
}

extension ListenerContext {
  /// What the path has for this type. Throws `not_found` if that cannot be one.
  public func parameter<Value: PathParameter>(_: Value.Type = Value.self) throws(Problem) -> Value {
    guard let value = parameters.get(Value.nameInPath).flatMap(Value.init(inPath:)) else { throw .notFound }
    return value
  }

  fileprivate func check<Value: PathParameter>(_: Value.Type) throws(Problem) {
    guard parameters.has(Value.nameInPath[...]) else { return }
    _ = try parameter(Value.self)
  }
}

/// Answers `not_found` where a parameter of the path cannot be one. It comes before every other check: such a path does
/// not exist, for any caller and any method.
public struct PathParameters: RouterMiddleware {
  private let types: [any PathParameter.Type]

  /// - Parameter types: of all parameters that the routes behind this have.
  public init(_ types: any PathParameter.Type...) { self.types = types }

  public func handle(
    _ request: Request, context: ListenerContext, next: (Request, ListenerContext) async throws -> Response
  ) async throws -> Response {
    for type in types { try context.check(type) }
    return try await next(request, context)
  }
}

// MARK: - The domain's

extension SaleID: PathParameter {
  public static var nameInPath: String { "sale" }

  public init?(inPath text: String) { self.init(rawValue: text) }
}

extension Partition: PathParameter {
  public static var nameInPath: String { "partition" }

  public init?(inPath text: String) {
    guard let number: Int32 = Self.number(text) else { return nil }
    self.init(number)
  }
}

extension OrderID: PathParameter {
  public static var nameInPath: String { "order" }

  public init?(inPath text: String) { self.init(text) }
}
