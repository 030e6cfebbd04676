import Testing

@testable import HTTPServing

struct ConnectionStateTests {
  /// A connection after its deadline was applied, as the shell does.
  private func applied(_ state: inout ConnectionState) -> ConnectionState.Deadline {
    defer { state.deadline = .keep }
    return state.deadline
  }

  private func act(_ action: ConnectionState.Action, _ expected: ConnectionState.Action) {
    #expect(action == expected)
  }

  private func mustSayLast(_ state: inout ConnectionState) -> Bool { state.answerEndsConnection(isUnframed: false) }

  @Test func `a request that comes at once has the deadline of its answer, then the connection idles`() {
    var state = ConnectionState()
    #expect(applied(&state) == .request)
    state.requestBegins(isWhole: true, ends: false, deadline: .answer)
    #expect(applied(&state) == .answer)
    #expect(!state.mayServe)
    #expect(!mustSayLast(&state))
    act(state.answerEnds(), .serve)
    #expect(applied(&state) == .idle)
    #expect(state.mayServe)
  }

  @Test func `a request has one deadline, from its first byte to its last, through the hand-over`() {
    var state = ConnectionState()
    _ = applied(&state)
    state.requestArrives()
    #expect(applied(&state) == .request)
    state.requestArrives()
    #expect(applied(&state) == .keep)
    state.requestBegins(isWhole: false, ends: false, deadline: .answer)
    #expect(applied(&state) == .keep)
    #expect(state.takesBody)
    act(state.deadlinePasses(), .timeOut)
    act(state.requestFails(), .leave)
    #expect(applied(&state) == .linger)
    act(state.deadlinePasses(), .close)
  }

  @Test func `a connection on which nothing came is closed without a word`() {
    var state = ConnectionState()
    act(state.deadlinePasses(), .close)
    #expect(state.dropsBytes)
  }

  @Test func `an answer before its request's end is the last one`() {
    var state = ConnectionState()
    state.requestBegins(isWhole: false, ends: false, deadline: .answer)
    #expect(mustSayLast(&state))
    act(state.answerEnds(), .leave)
    #expect(!state.mayServe)
  }

  @Test func `I11 at the limit of answers that wait, nothing is served or read, until some are taken`() {
    var state = ConnectionState()
    state.bytesWait(Limits.untakenBytes - 1)
    #expect(state.mayServe && state.mayRead(rest: 10))
    #expect(applied(&state) == .answer)
    state.bytesWait(1)
    #expect(!state.mayServe && !state.mayRead(rest: 0))
    #expect(state.isBusy)
    act(state.bytesTaken(1), .serve)
    #expect(state.mayServe)
    act(state.bytesTaken(Limits.untakenBytes - 1), .serve)
    #expect(applied(&state) == .idle)
    #expect(!state.isBusy)
  }

  @Test func `the last answer is taken before our half ends`() {
    var state = ConnectionState()
    state.requestBegins(isWhole: true, ends: true, deadline: .clear)
    state.bytesWait(5)
    act(state.answerEnds(), .leave)
    #expect(state.untaken == 5)
    act(state.bytesTaken(5), .leave)
    #expect(applied(&state) == .linger)
    act(state.inputCloses(rest: 0), .close)
  }

  @Test func `while a request is answered nothing is read ahead of what is here`() {
    var state = ConnectionState()
    state.requestBegins(isWhole: true, ends: false, deadline: .clear)
    #expect(state.mayRead(rest: 0))
    #expect(!state.mayRead(rest: 1))
  }

  @Test func `while it drains, a request is answered for a moment, and told that it is the last`() {
    var state = ConnectionState()
    state.requestBegins(isWhole: true, ends: false, deadline: .answer)
    _ = state.answerEnds()
    _ = applied(&state)
    act(state.drains(), .wait)
    #expect(applied(&state) == .farewell)
    state.requestBegins(isWhole: true, ends: false, deadline: .answer)
    #expect(mustSayLast(&state))
    act(state.answerEnds(), .leave)
  }

  @Test func `an answer that was under way when the drain began does not end without saying so`() {
    var state = ConnectionState()
    state.requestBegins(isWhole: true, ends: false, deadline: .answer)
    #expect(!mustSayLast(&state))
    state.answerBegins()
    act(state.drains(), .wait)
    act(state.answerEnds(), .serve)
    #expect(applied(&state) == .farewell)
  }

  @Test func `a client that ended its half is answered, then the connection ends`() {
    var state = ConnectionState()
    state.requestBegins(isWhole: true, ends: false, deadline: .clear)
    act(state.inputCloses(rest: 0), .wait)
    #expect(mustSayLast(&state))
    act(state.answerEnds(), .leave)
  }

  @Test func `what a client sent before it ended its half is served`() {
    var state = ConnectionState()
    act(state.inputCloses(rest: 20), .serve)
    act(state.restIsServed(), .close)
  }

  @Test func `a stream has no deadline while its client takes what it is sent, and one when it does not`() {
    var state = ConnectionState()
    state.requestBegins(isWhole: true, ends: false, deadline: .clear)
    #expect(!mustSayLast(&state))
    state.streamBegins()
    #expect(applied(&state) == .clear)
    #expect(!state.mayServe)
    #expect(state.isBusy)
    // What it does not take at once has the time of an answer, and more of it no more.
    state.bytesWait(100)
    #expect(applied(&state) == .answer)
    state.bytesWait(100)
    #expect(applied(&state) == .keep)
    act(state.bytesTaken(100), .wait)
    #expect(applied(&state) == .answer)
    act(state.bytesTaken(100), .wait)
    #expect(applied(&state) == .clear)
    act(state.answerEnds(), .serve)
    #expect(applied(&state) == .idle)
  }

  @Test func `a stream reads on while nothing waits behind it, and ends with its client or its deadline`() {
    var state = ConnectionState()
    state.requestBegins(isWhole: true, ends: false, deadline: .clear)
    state.streamBegins()
    #expect(state.mayRead(rest: 0))
    #expect(!state.mayRead(rest: 1))
    var left = state
    act(left.inputCloses(rest: 0), .close)
    act(state.drains(), .wait)
    #expect(state.isDraining)
    act(state.deadlinePasses(), .close)
  }
}
