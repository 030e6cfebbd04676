import FlashSale
import Testing

@testable import Lane
import TestSupport

/// A store and a log as the state machine sees them, with failures drawn at random.
private struct Model {
  private static let records: Int64 = 400
  private var random: SeededGenerator
  private let poisonous: Set<Int64>
  private var storeNext: Int64 = 0
  private var isConnected = true
  private var failedAlone: Set<Int64> = []
  private(set) var written: [Int64] = []
  private(set) var quarantined: Set<Int64> = []

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    var random = random
    poisonous = Set((0..<Int64.random(in: 0...12, using: &random)).map { _ in .random(in: 0..<400, using: &random) })
  }

  var isDone: Bool { storeNext == Self.records }

  var isAsItShould: Bool { written == Array(0..<Self.records) && quarantined == poisonous }

  private mutating func happens(oneIn n: Int) -> Bool { Int.random(in: 0..<n, using: &random) == 0 }

  mutating func perform(_ action: LaneState.Action, for state: inout LaneState) -> LaneState.Action {
    switch action {
    case .read, .reopen:
      let last = min(Self.records, storeNext + .random(in: 1...90, using: &random)) - 1
      return state.received(first: Offset(storeNext), last: Offset(last), count: Int(last - storeNext + 1))
    case .write(let range): return write(range, asQuarantined: false, for: &state)
    case .quarantine(let offset, _):
      #expect(failedAlone.contains(offset.rawValue), "quarantined without having failed alone")
      return write(offset..<offset.next, asQuarantined: true, for: &state)
    case .reclaim:
      #expect(!isConnected)
      if happens(oneIn: 3) { return state.unavailable("down") }
      isConnected = true
      return state.reclaimed(next: Offset(storeNext))
    case .pause, .waitForLog: return state.paused()
    case .halt, .end:
      Issue.record("\(action) without a reason")
      return .end(.stopped)
    }
  }

  private mutating func write(
    _ range: Range<Offset>, asQuarantined: Bool, for state: inout LaneState
  ) -> LaneState.Action {
    let range = range.lowerBound.rawValue..<range.upperBound.rawValue
    #expect(isConnected, "written before a reclaim")
    // The store refuses anything else, which would show as a lane that is fenced although nobody else claimed.
    guard range.lowerBound == storeNext else { return state.fenced() }
    if happens(oneIn: 9) { return state.unavailable("down") }
    if happens(oneIn: 9) { return state.conflict("id") }
    if !asQuarantined, !poisonous.isDisjoint(with: range) {
      if range.count == 1 { failedAlone.insert(range.lowerBound) }
      return state.poisoned("bad")
    }
    let isCut = happens(oneIn: 5)
    let isCommitted = !isCut || happens(oneIn: 2)
    if isCommitted {
      storeNext = range.upperBound
      written += range
      if asQuarantined { quarantined.formUnion(range) }
    }
    isConnected = !isCut
    return isCut ? state.connectionLost("cut") : state.committed()
  }
}

@Suite struct LaneStateModelTests {
  @Test(arguments: 0..<200 as Range<UInt64>)
  func `whatever fails, every record is written once, in order (I4, I6)`(seed: UInt64) {
    var model = Model(seed: seed)
    var state = LaneState(next: Offset(0))
    var action = state.firstAction
    var steps = 0
    while !(model.isDone && action == .read) {
      action = model.perform(action, for: &state)
      steps += 1
      if case .end(let end) = action {
        Issue.record("the lane ended: \(end)")
        return
      }
      guard steps < 100_000 else {
        Issue.record("the lane gets nowhere")
        return
      }
    }
    #expect(model.isAsItShould)
    #expect(state.next == Offset(400))
  }
}
