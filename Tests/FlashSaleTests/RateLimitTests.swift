import FlashSale
import Testing

struct RateLimitTests {
  private static func pace(_ requests: Int32, per seconds: Int32) throws -> RatePace {
    RatePace(try RateLimit(requests: requests, perSeconds: seconds))
  }

  /// How many of the requests at these ticks are taken.
  private static func taken(_ pace: RatePace, at ticks: some Sequence<Int64>) -> Int {
    var due: Int64 = 0
    return ticks.count { now in
      guard case .taken(let next) = pace.meet(due: due, now: now) else { return false }
      due = next
      return true
    }
  }

  @Test(arguments: [(1, 1), (3, 10), (7, 60), (1_000, 1), (300, 1), (1_000_000, 3_600)] as [(Int32, Int32)])
  func `all requests of a limit are taken at once, and no other`(requests: Int32, seconds: Int32) throws {
    let pace = try Self.pace(requests, per: seconds)
    let now: Int64 = 12_345
    #expect(Self.taken(pace, at: repeatElement(now, count: Int(requests) + 10)) == Int(requests))
  }

  @Test func `after that one is taken each time that its share of the time has passed`() throws {
    let pace = try Self.pace(10, per: 1)
    // Tried each millisecond for 10 s.
    #expect(Self.taken(pace, at: stride(from: Int64(100), to: 1_000_100, by: 100)) == 10 + 99)
  }

  @Test func `a refused request says when the next is taken, and does not put that off`() throws {
    let pace = try Self.pace(2, per: 10)
    var due: Int64 = 0
    for _ in 0..<2 {
      guard case .taken(let next) = pace.meet(due: due, now: 100) else { throw BodyError.malformed("refused") }
      due = next
    }
    #expect(pace.meet(due: due, now: 100) == .refused(wait: 500_000))
    #expect(pace.meet(due: due, now: 500_099) == .refused(wait: 1))
    #expect(pace.meet(due: due, now: 500_100) == .taken(due: 1_500_100))
  }

  @Test func `a clock that is set back makes nobody wait longer than the limit's time`() throws {
    let pace = try Self.pace(2, per: 10)
    #expect(pace.meet(due: 50_000_000, now: 100) == .taken(due: 500_100))
  }

  @Test func `a rate stays below its limit by less than one hundredth`() throws {
    for requests in [3, 7, 300, 999] as [Int32] {
      let pace = try Self.pace(requests, per: 1)
      // 6 s, tried with each tick.
      let taken = Self.taken(pace, at: 0..<600_000) - Int(requests)
      #expect(taken <= 6 * Int(requests))
      #expect(taken >= 594 * Int(requests) / 100 - 1)
    }
  }
}
