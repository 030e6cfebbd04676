import FlashSale
import Foundation
import Testing

@testable import Intake

/// I11: what is remembered of who asks has a size that no crowd changes.
struct LimitTableTests {
  private static let pace = (try? RateLimit(requests: 5, perSeconds: 60)).map { RatePace($0) }

  private static func mark(_ number: Int) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(number)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  private static func taken(_ table: LimitTable, _ mark: UInt64, _ pace: RatePace, now: Int64) -> Bool {
    if case .taken = table.take(mark, pace, now: now).answer { true } else { false }
  }

  @Test func `a limit is exact over threads that ask at once`() async throws {
    let pace = try #require(Self.pace)
    let table = LimitTable(entries: 64)
    let taken = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask { (0..<1_000).count { _ in Self.taken(table, Self.mark(1), pace, now: 1_000) } }
      }
      return await group.reduce(0, +)
    }
    #expect(taken == 5)
  }

  @Test func `a request that is taken back was never there`() throws {
    let pace = try #require(Self.pace)
    let table = LimitTable(entries: 64)
    for _ in 0..<20 {
      #expect(Self.taken(table, Self.mark(1), pace, now: 1_000))
      table.giveBack(Self.mark(1), pace, now: 1_000)
    }
    #expect((0..<9).count { _ in Self.taken(table, Self.mark(1), pace, now: 1_000) } == 5)
  }

  @Test func `who is at a limit stays there through a flood of a million others`() throws {
    let pace = try #require(Self.pace)
    let table = LimitTable()
    let heavy = (0..<1_000).map(Self.mark)
    for mark in heavy {
      for _ in 0..<5 { #expect(Self.taken(table, mark, pace, now: 1_000)) }
    }
    let before = residentKilobytes()
    for number in 1_000_000..<2_000_000 { _ = table.take(Self.mark(number), pace, now: 2_000) }
    #expect(heavy.count { Self.taken(table, $0, pace, now: 3_000) } == 0)
    // 8 MiB in all, whoever comes; the rest is for other tests, which run meanwhile.
    #expect(residentKilobytes() - before < 48 * 1_024)
  }

  @Test func `whoever rests is forgotten before anybody who asks`() throws {
    let pace = try #require(Self.pace)
    let table = LimitTable(entries: 8)
    for number in 0..<8 { #expect(Self.taken(table, Self.mark(number), pace, now: 0)) }
    let later = 60 * RatePace.ticksPerSecond
    // All eight rest by now: nobody is lost.
    for number in 8..<16 { #expect(!table.take(Self.mark(number), pace, now: later).hasForgotten) }
    #expect(table.take(Self.mark(16), pace, now: later).hasForgotten)
  }

  private func residentKilobytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  }
}
