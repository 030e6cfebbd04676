import FlashSale
import Testing

@testable import Lane

/// A lane's state machine by itself: one event in, one action out.
@Suite struct LaneStateTests {
  private func offsets(_ range: Range<Int64>) -> Range<Offset> {
    Offset(range.lowerBound)..<Offset(range.upperBound)
  }

  /// A lane at offset 10 that holds the records 10 to 17 and writes them.
  private func writing() -> LaneState {
    var state = LaneState(next: Offset(10))
    #expect(state.firstAction == .reopen)
    #expect(state.received(10, 17) == .write(offsets(10..<18)))
    return state
  }

  @Test func `a committed batch moves on and the next is read`() {
    var state = writing()
    #expect(state.next == Offset(10))
    #expect(state.committed() == .read)
    #expect(state.next == Offset(18))
    #expect(state.received(18, 18) == .write(offsets(18..<19)))
  }

  @Test func `a batch that starts elsewhere, or has a hole, is read again from the log`() {
    for (first, last, count) in [(Int64(9), Int64(12), 4), (11, 14, 4), (10, 14, 4)] {
      var state = LaneState(next: Offset(10))
      #expect(state.received(first: Offset(first), last: Offset(last), count: count) == .reopen)
      #expect(state.received(10, 12) == .write(offsets(10..<13)))
    }
  }

  @Test func `a gap that is met again at the same offset halts, one elsewhere does not`() {
    var state = LaneState(next: Offset(10))
    #expect(state.received(12, 14) == .reopen)
    #expect(state.received(10, 10) == .write(offsets(10..<11)))
    #expect(state.committed() == .read)
    #expect(state.received(13, 14) == .reopen)
    guard case .halt(let reason) = state.received(12, 14) else {
      Issue.record("did not halt")
      return
    }
    #expect(reason.contains("offset 11"))
    #expect(state.haltRecorded() == .end(.halted(reason)))
  }

  @Test func `a lane that is asked to stop before its halt is recorded ends as stopped, not as halted`() {
    var state = LaneState(next: Offset(10))
    #expect(state.logChanged("gone") == .halt("gone"))
    state.stop()
    #expect(state.unavailable("down") == .end(.stopped))
  }

  @Test func `a log that is another one halts, however long recording it takes`() {
    var state = LaneState(next: Offset(10))
    #expect(state.logChanged("gone") == .halt("gone"))
    #expect(state.unavailable("down") == .pause(attempt: 1, reason: "down"))
    #expect(state.paused() == .halt("gone"))
    #expect(state.unavailable("down") == .pause(attempt: 2, reason: "down"))
    #expect(state.paused() == .halt("gone"))
    #expect(state.haltRecorded() == .end(.halted("gone")))
  }

  @Test func `a log that lacks the next offset halts only after some looks in a row, and one that is unsure never`() {
    var state = LaneState(next: Offset(10))
    for _ in 1..<Limits.logLooks {
      #expect(state.logLacks("short", isCertain: true) == .waitForLog("looking again: short"))
      #expect(state.paused() == .reopen)
    }
    #expect(state.logLacks("silent", isCertain: false) == .waitForLog("looking again: silent"))
    #expect(state.paused() == .reopen)
    for _ in 1..<Limits.logLooks {
      #expect(state.logLacks("short", isCertain: true) == .waitForLog("looking again: short"))
      #expect(state.paused() == .reopen)
    }
    #expect(state.logLacks("short", isCertain: true) == .halt("short"))
    var stopping = LaneState(next: Offset(10))
    stopping.stop()
    #expect(stopping.logLacks("short", isCertain: true) == .end(.stopped))
  }

  @Test func `a lane that lost touch with the log reads it again`() {
    var state = LaneState(next: Offset(10))
    #expect(state.lostTouch() == .reopen)
    #expect(state.received(10, 11) == .write(offsets(10..<12)))
  }

  @Test func `another failure of the log makes the lane surrender`() {
    var state = LaneState(next: Offset(10))
    #expect(state.logFailed("no") == .end(.surrendered(.log("no"))))
  }

  @Test func `a fenced write surrenders (I7)`() {
    var state = writing()
    #expect(state.fenced() == .end(.surrendered(.fenced)))
  }

  @Test func `a conflict is decided again at once, and after some with a pause`() {
    var state = writing()
    for _ in 1..<Limits.conflictTries { #expect(state.conflict("id") == .write(offsets(10..<18))) }
    #expect(state.conflict("id") == .pause(attempt: 1, reason: "id"))
    #expect(state.paused() == .write(offsets(10..<18)))
    #expect(state.committed() == .read)
  }

  @Test func `without PostgreSQL the batch is tried again and again, smaller each time`() {
    var state = writing()
    for (index, upTo) in ([14, 12, 11, 11, 11, 11] as [Int64]).enumerated() {
      #expect(state.unavailable("down") == .pause(attempt: index + 1, reason: "down"))
      #expect(state.paused() == .write(offsets(10..<upTo)))
    }
    #expect(state.committed() == .write(offsets(11..<13)))
    #expect(state.committed() == .write(offsets(13..<17)))
    #expect(state.committed() == .write(offsets(17..<18)))
    #expect(state.committed() == .read)
    #expect(state.received(18, 18) == .write(offsets(18..<19)))
    #expect(state.unavailable("down") == .pause(attempt: 1, reason: "down"))
  }

  @Test func `a lost connection is followed by a reclaim before anything else (I6)`() {
    var state = writing()
    #expect(state.connectionLost("cut") == .reclaim)
    #expect(state.unavailable("down") == .pause(attempt: 2, reason: "down"))
    #expect(state.paused() == .reclaim)
    #expect(state.reclaimed(next: Offset(10)) == .write(offsets(10..<14)))
    #expect(state.committed() == .write(offsets(14..<18)))
  }

  @Test func `a commit whose answer was lost is not written again (I6)`() {
    var state = writing()
    #expect(state.connectionLost("cut") == .reclaim)
    #expect(state.reclaimed(next: Offset(18)) == .read)
    #expect(state.next == Offset(18))
  }

  @Test func `progress that nobody here wrote makes the lane surrender`() {
    var state = writing()
    #expect(state.connectionLost("cut") == .reclaim)
    let moved = LaneState.Surrender.progressMoved(expected: Offset(10), found: Offset(14))
    #expect(state.reclaimed(next: Offset(14)) == .end(.surrendered(moved)))
  }

  @Test func `a lane that was superseded while its connection was lost surrenders (I7)`() {
    var state = writing()
    #expect(state.connectionLost("cut") == .reclaim)
    #expect(state.fenced() == .end(.surrendered(.fenced)))
  }

  @Test func `a poisonous record is found by halves and quarantined only after it failed alone`() {
    var state = writing()
    // 13 is the one.
    #expect(state.poisoned("bad") == .write(offsets(10..<14)))
    #expect(state.poisoned("bad") == .write(offsets(10..<12)))
    #expect(state.committed() == .write(offsets(12..<13)))
    #expect(state.committed() == .write(offsets(13..<14)))
    #expect(state.poisoned("bad: 13") == .quarantine(Offset(13), error: "bad: 13"))
    #expect(state.committed() == .write(offsets(14..<18)))
    #expect(state.committed() == .read)
  }

  @Test func `a record that can't even be quarantined halts`() {
    var state = LaneState(next: Offset(10))
    #expect(state.received(10, 10) == .write(offsets(10..<11)))
    #expect(state.poisoned("bad") == .quarantine(Offset(10), error: "bad"))
    guard case .halt = state.poisoned("worse") else {
      Issue.record("did not halt")
      return
    }
  }

  @Test func `after a stop, what is in flight is waited for and nothing is begun`() {
    var committed = writing()
    committed.stop()
    #expect(committed.committed() == .end(.stopped))
    #expect(committed.next == Offset(18))
    let failures: [(inout LaneState) -> LaneState.Action] = [
      { $0.conflict("c") }, { $0.poisoned("p") }, { $0.unavailable("u") }, { $0.connectionLost("l") },
    ]
    for fail in failures {
      var state = writing()
      state.stop()
      #expect(fail(&state) == .end(.stopped))
      #expect(state.next == Offset(10))
    }
    var reading = LaneState(next: Offset(10))
    reading.stop()
    #expect(reading.received(10, 12) == .end(.stopped))
    var waiting = writing()
    #expect(waiting.unavailable("down") == .pause(attempt: 1, reason: "down"))
    waiting.stop()
    #expect(waiting.paused() == .end(.stopped))
  }

  @Test func `a queue that ended ends the lane`() {
    var state = LaneState(next: Offset(10))
    #expect(state.queueEnded() == .end(.stopped))
  }

  @Test func `what answers no action in flight ends the process`() async {
    await #expect(processExitsWith: .failure) {
      var state = LaneState(next: Offset(10))
      _ = state.committed()
    }
  }
}

extension LaneState {
  /// Records of these offsets came, without a gap.
  fileprivate mutating func received(_ first: Int64, _ last: Int64) -> Action {
    received(first: Offset(first), last: Offset(last), count: Int(last - first + 1))
  }
}
