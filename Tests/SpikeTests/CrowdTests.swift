import HeapModule
import NIOCore
import Testing

@testable import SpikeKit

struct CrowdTests {
  private func groups(_ crowd: String) throws -> [Crowd.Group]? {
    let text = #"{"name":"x","phases":[{"shape":"burst","requests":1}],"crowd":\#(crowd)}"#
    return try Profile.read(try temporaryFile(text)).groups
  }

  @Test(arguments: ["bots", "doors-open", "hoarders-of-tabs", "retry-storm", "slow-clients", "two-waves"])
  func `the profiles that come along can be read`(_ name: String) throws {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let profile = try Profile.read("/\(folder)/loadtest/profiles/\(name).json")
    #expect(profile.name == name)
    #expect(profile.about?.isEmpty == false)
  }

  @Test func `a group is read with all its ways`() throws {
    let crowd = """
      [{"name": "a", "share": 0.25, "buyers": 7, "wants": "hottest", "tries": 3, "retry_after": "ignore",
      "retry_pause_ms": 40, "retry_key": "new", "drip": {"bytes": 5, "every_ms": 6, "connections": 0.5}},
      {"name": "b", "share": 0.75}]
      """
    let read = try groups(crowd)
    let drip = Crowd.Drip(bytes: 5, every: .milliseconds(6), connections: 0.5)
    #expect(
      read == [
        Crowd.Group(
          name: "a", share: 0.25, buyers: 7, wantsHottest: true, tries: 3, honoursRetryAfter: false,
          pause: .milliseconds(40), renewsKey: true, drip: drip),
        Crowd.Group(name: "b", share: 0.75),
      ])
  }

  @Test(arguments: [
    "[]", #"[{"name":"a","share":0.5}]"#, #"[{"name":"a","share":2}]"#, #"[{"name":"a","share":1,"tries":0}]"#,
    #"[{"name":"a","share":1,"retry_after":"maybe"}]"#, #"[{"name":"a","share":1,"wants":"all"}]"#,
    #"[{"name":"a","share":1,"drip":{"bytes":0,"every_ms":1,"connections":0.1}}]"#,
    #"[{"name":"a","share":1,"drip":{"bytes":1,"every_ms":1,"connections":1}}]"#,
    #"[{"name":"a","share":1,"retry_pause_ms":-1}]"#, #"[{"share":1}]"#,
  ])
  func `an unusable crowd is refused in words`(_ crowd: String) {
    #expect(throws: Unusable.self) { try groups(crowd) }
  }

  @Test func `an unknown time to connect is refused`() throws {
    let path = try temporaryFile(#"{"name":"x","connect":"later","phases":[{"shape":"burst","requests":1}]}"#)
    #expect(throws: Unusable.self) { try Profile.read(path) }
  }

  @Test func `no buyer is in two groups, and those that do not say share the crowd`() {
    let crowd = Crowd(
      [.init(name: "a", share: 0.6), .init(name: "b", share: 0.2, buyers: 5), .init(name: "c", share: 0.2)], buyers: 100
    )
    #expect((0..<3).map(crowd.people) == [0..<75, 75..<80, 80..<105])
  }

  @Test func `requests spread over the groups by share`() {
    let crowd = Crowd([.init(name: "a", share: 0.7), .init(name: "b", share: 0.3)], buyers: 10)
    let mix = Mix(
      dice: Dice(seed: 4), crowd: crowd, popularity: .zipf(exponent: 0, skus: 1), quantity: 1, retryShare: 0)
    let second = (0..<10_000).count { mix.request($0).group == 1 }
    #expect((2_800...3_200).contains(second))
  }

  @Test func `another try keeps the buyer, and the key unless the group renews it`() {
    for renews in [false, true] {
      let crowd = Crowd([.init(renewsKey: renews)], buyers: 1_000)
      let mix = Mix(
        dice: Dice(seed: 4), crowd: crowd, popularity: .zipf(exponent: 0, skus: 9), quantity: 1, retryShare: 0)
      let (first, third) = (mix.request(8), mix.request(8, attempt: 2))
      #expect((first.buyer, first.sku) == (third.buyer, third.sku))
      #expect((first.original == third.original) == !renews)
    }
  }

  @Test func `every dripping group has connections that nobody else uses`() {
    let drip = Crowd.Drip(bytes: 1, every: .milliseconds(1), connections: 0.25)
    let crowd = Crowd([.init(share: 0.2, drip: drip), .init(share: 0.6), .init(share: 0.2, drip: drip)], buyers: 9)
    #expect(crowd.pools(of: 100) == [50, 25, 25])
    #expect((0..<3).map(crowd.pool) == [1, 0, 2])
    #expect(crowd.pools(of: 1) == [1, 1, 1])
  }

  @Test func `tries leave in the order of their times`() {
    var agenda = Heap<Attempt>()
    let times = (0..<500).map { ($0 * 7_919) % 503 }
    for time in times { agenda.insert(Attempt(number: time, attempt: 1, time: .uptimeNanoseconds(UInt64(time)))) }
    var left: [Int] = []
    while let first = agenda.popMin() { left.append(first.number) }
    #expect(left == times.sorted())
  }

  @Test func `the generator is the bottleneck by the stated rule only`() {
    func lateness(_ count: Int) -> Lateness {
      var lateness = Lateness()
      for _ in 0..<count {
        lateness.sent(Flight(number: 0, scheduled: .uptimeNanoseconds(0), sent: .uptimeNanoseconds(2_000_000)))
      }
      return lateness
    }
    #expect(Bottleneck(tries: 1_000, lateness: lateness(10), busy: 0.5).reasons.isEmpty)
    #expect(Bottleneck(tries: 1_000, lateness: lateness(11), busy: 0.5).reasons.count == 1)
    #expect(Bottleneck(tries: 1_000, lateness: lateness(1), busy: 0.95).reasons.count == 1)
    #expect(Bottleneck(tries: 1_000, lateness: lateness(0), busy: 0.95).reasons.isEmpty)
    #expect(Bottleneck(tries: 1_000, lateness: lateness(11), busy: 0.95).reasons.count == 2)
  }
}
