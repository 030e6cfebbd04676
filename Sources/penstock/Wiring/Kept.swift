/// Something costly that is made when somebody wants it, and let go when nobody did for `Limits.keptUnused`.
actor Kept<Value: Sendable> {
  private let make: @Sendable () throws -> Value
  private var kept: Value?
  private var lastUse = ContinuousClock.now
  private var sweeping: Task<Void, Never>?

  init(make: @escaping @Sendable () throws -> Value) { self.make = make }

  /// It, new if there is none. Throws what making it throws.
  var value: Value {
    get throws {
      lastUse = .now
      if let kept { return kept }
      let made = try make()
      kept = made
      sweeping = Task { [weak self] in
        while let self, await self.isUsed() { try? await Task.sleep(for: Limits.keptUnused / 4) }
      }
      return made
    }
  }

  private func isUsed() -> Bool {
    if lastUse + Limits.keptUnused > .now { return true }
    kept = nil
    return false
  }
}
