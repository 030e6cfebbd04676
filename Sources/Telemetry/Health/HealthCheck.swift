/// One condition that must hold before this process should get traffic.
public struct HealthCheck: Sendable, Hashable, Codable {
  /// What is checked, e.g. `intake`.
  public var name: String
  public var isReady: Bool

  /// For people: what is wrong, or the state.
  public var detail: String

  /// Creates a check's result.
  public init(name: String, isReady: Bool, detail: String) {
    self.name = name
    self.isReady = isReady
    self.detail = detail
  }

  /// The result of a check that tells reasons: one line, and `ok` without any.
  ///
  /// - Parameter standing: what is told besides, in either case.
  public init(name: String, isReady: Bool, reasons: [String], standing: String? = nil) {
    let words = (reasons.isEmpty ? ["ok"] : reasons) + [standing].compactMap(\.self)
    self.init(name: name, isReady: isReady, detail: words.joined(separator: "; "))
  }

  private enum CodingKeys: String, CodingKey {
    case name, detail
    case isReady = "ready"
  }
}
