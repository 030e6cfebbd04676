import Testing

@testable import SpikeKit

/// What a profile promises to a group.
struct PromiseTests {
  private func promise(_ members: String, without: String = #""without": ["bots"], "#) throws -> Promise? {
    let text = """
      {"name":"x","phases":[{"shape":"burst","requests":1}],
      "crowd":[{"name": "people", "share": 0.5}, {"name": "bots", "share": 0.5}],
      "promise": {"group": "people", \(without)\(members)}}
      """
    return try Profile.read(try temporaryFile(text)).promise
  }

  private func control(units: Int, accepted: Int) throws -> ControlRun {
    let figures = #"{"name":"people","sent":9,"requests":100,"accepted":\#(accepted),"units":\#(units)}"#
    let path = try temporaryFile(#"{"schedule":"x","seed":7,"groups":[{"figures":\#(figures)}]}"#)
    return try ControlRun.read(path, schedule: "x", seed: 7)
  }

  private func figures(units: Int = 0, accepted: Int = 0, bots: Int = 90) -> [GroupFigures] {
    [
      GroupFigures(name: "people", sent: 10, requests: 100, accepted: accepted, units: units),
      GroupFigures(name: "bots", sent: bots, requests: 10, accepted: 0, units: 0),
    ]
  }

  private func isKept(_ promise: Promise?, _ figures: [GroupFigures], _ control: ControlRun?) -> [Bool] {
    promise?.checks(figures, RoomSight(), control: control).map { $0.result == .held } ?? []
  }

  @Test func `a promise holds down to its part of the control run, and no further`() throws {
    let (units, accepted) = (try promise(#""units": 0.95"#), try promise(#""accepted": 0.9"#))
    let alone = try control(units: 100, accepted: 80)
    #expect(isKept(units, figures(units: 95), alone) == [true])
    #expect(isKept(units, figures(units: 94), alone) == [false])
    #expect(isKept(accepted, figures(accepted: 72), alone) == [true])
    #expect(isKept(accepted, figures(accepted: 71), alone) == [false])
  }

  @Test func `a crowd that is smaller than it was meant to be proves nothing`() throws {
    let promise = try promise(#""crowding": 0.9"#)
    #expect(isKept(promise, figures(bots: 90), nil) == [true])
    #expect(isKept(promise, figures(bots: 80), nil) == [false])
  }

  @Test func `without a control run nothing is said to have been kept`() throws {
    let checks = try promise(#""units": 0.95"#)?.checks(figures(units: 100), RoomSight(), control: nil)
    let why = "no control run was given: --control FILE, of a run with --alone"
    #expect(checks?.map(\.result) == [.unchecked(why: why)])
  }

  @Test func `a control run of another seed or schedule, or none at all, is refused`() throws {
    let path = try temporaryFile(#"{"schedule":"x","seed":7,"groups":[]}"#)
    #expect(throws: Unusable.self) { try ControlRun.read(path, schedule: "x", seed: 8) }
    #expect(throws: Unusable.self) { try ControlRun.read(path, schedule: "y", seed: 7) }
    #expect(throws: Unusable.self) { try ControlRun.read(try temporaryFile("{"), schedule: "x", seed: 7) }
    #expect(throws: Unusable.self) { try ControlRun.read("/nowhere", schedule: "x", seed: 7) }
  }

  @Test(arguments: [
    #""units": 1.5"#, #""accepted": -1"#, #""room_rate_within": 2"#,
  ])
  func `a promise out of range is refused`(_ members: String) {
    #expect(throws: Unusable.self) { try promise(members) }
  }

  @Test func `a promise to nobody, or with nobody to stay away, is refused`() {
    #expect(throws: Unusable.self) { try promise(#""units": 1"#, without: #""without": ["cats"], "#) }
    #expect(throws: Unusable.self) { try promise(#""units": 1"#, without: #""without": ["people"], "#) }
    #expect(throws: Unusable.self) { try promise(#""units": 1"#, without: "") }
  }

  @Test func `a storm repeats what others have sent, and has no buyers of its own`() {
    let crowd = Crowd(
      [.init(name: "first", share: 0.1), .init(name: "storm", share: 0.9, repeatsOthers: true)], buyers: 50)
    let mix = Mix(
      dice: Dice(seed: 3), crowd: crowd, popularity: .zipf(exponent: 0, skus: 3), quantity: 1, retryShare: 0)
    var repeats = 0
    for index in 0..<5_000 {
      let request = mix.request(index)
      var original = mix.request(request.original)
      #expect(original.group == 0 && original.original == request.original)
      original.group = request.group
      #expect(original == request)
      if request.group == 1 { repeats += 1 }
    }
    #expect((4_400...4_600).contains(repeats))
    #expect(crowd.people(ofGroup: 1).isEmpty && crowd.people(ofGroup: 0).count == 50)
    #expect(crowd.group(ofBuyer: 49) == 0)
  }

  @Test func `those who stay away send nothing, and the others send the same`() async throws {
    let path = try temporaryFile(
      """
      {"name": "test", "phases": [{"shape": "hold", "rate": 1000, "seconds": 0.1}],
      "crowd": [{"name": "people", "share": 0.5}, {"name": "bots", "share": 0.5, "buyers": 2}],
      "promise": {"group": "people", "without": ["bots"], "units": 0.5}}
      """)
    var sent: [[String]] = []
    for words in [[], ["--alone"]] {
      try await ScriptedServer.with({ _, _ in .init() }) { server, url in
        let report = try await spike(
          ["--url", url, "--sale", "s", "--sku", "a", "--no-follow", "--profile", path, "--seed", "5"] + words)
        #expect(report.unsent == 0)
        sent.append(server.received.map(\.key).sorted())
      }
    }
    #expect(sent[0].count == 100)
    #expect((30...70).contains(sent[1].count))
    #expect(Set(sent[1]).isSubset(of: sent[0]))
  }
}
