import Testing

/// Each rule about time meets a sample that breaks it, and one that only looks like it.
@Suite struct TimeRuleTests {
  private func swift(_ content: String, at path: String) -> SwiftFile { SwiftFile(path: path, content: content) }

  @Test(arguments: [
    "let a = Timestamp.now", "f(at: .now)", "let a: Timestamp = .now", "return .now", ".now", "let a = Date()",
    "let b = ContinuousClock.now", "try await Task.sleep(for: a)",
  ])
  func `a clock in a pure part is found, and in another one is none`(_ line: String) {
    #expect(TimeRules.clocks(in: swift("// one\n\(line)\n", at: "Sources/Lane/A.swift")).map(\.line) == [2])
    #expect(TimeRules.clocks(in: swift(line, at: "Sources/Worker/A.swift")).isEmpty)
  }

  @Test(arguments: ["let a = view.now", "view?.now ?? .zero", "// .now", "let now = 1", "f().now", "a[1].now"])
  func `a time that was given is no clock`(_ line: String) {
    #expect(TimeRules.clocks(in: swift(line, at: "Sources/FlashSale/A.swift")).isEmpty)
  }

  @Test(arguments: ["let a = b.components.attoseconds / 1_000", "let a = (b - c) / .milliseconds(1)"])
  func `a unit that is made by hand is found outside of Time`(_ line: String) {
    #expect(TimeRules.unitsByHand(in: swift(line, at: "chaos/Sources/chaos/A.swift")).count == 1)
    #expect(TimeRules.unitsByHand(in: swift(line, at: "Sources/Time/Units.swift")).isEmpty)
  }

  @Test func `a wall clock is found outside of Time`() {
    let lines =
      "clock_gettime(CLOCK_REALTIME, &a)\nTimestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))\n"
    #expect(TimeRules.wallClocks(in: swift(lines, at: "bench/Sources/bench/A.swift")).map(\.line) == [1, 2])
    #expect(TimeRules.wallClocks(in: swift(lines, at: "Sources/Time/Now.swift")).isEmpty)
  }
}
