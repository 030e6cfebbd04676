internal import NIOCore

/// The rate curve of a run as scheduled times: request *i* leaves at `time(of: i)`, whatever happened to the others.
///
/// (1) Requests are numbered from 0 in the order of their times; times never fall.
/// (2) The curve alone decides them: no clock, no feedback.
struct Schedule: Equatable, Sendable {
  private struct Stretch: Equatable {
    let phase: Phase
    let firstRequest: Int
    let starts: Double
  }

  private let stretches: [Stretch]
  /// How many requests there are.
  let requests: Int
  /// How long the curve lasts.
  let duration: TimeAmount

  /// - Parameters:
  ///   - phases: One after the other.
  ///   - most: The schedule ends early when so many requests were due.
  init(_ phases: [Phase], most: Int = Limits.requests) {
    var stretches: [Stretch] = []
    var requests = 0
    var elapsed = 0.0
    for phase in phases where requests < most {
      stretches.append(Stretch(phase: phase, firstRequest: requests, starts: elapsed))
      let room = most - requests
      if phase.requests >= room {
        elapsed += phase.requests == room ? phase.seconds : phase.seconds(toReach: Double(room))
        requests = most
      } else {
        requests += phase.requests
        elapsed += phase.seconds
      }
    }
    self.stretches = stretches
    self.requests = requests
    self.duration = TimeAmount(seconds: elapsed)
  }

  /// The number of requests whose time has come, `elapsed` after the start.
  func due(after elapsed: TimeAmount) -> Int {
    let seconds = elapsed.seconds
    guard seconds >= 0, let stretch = stretches.last(where: { $0.starts <= seconds }) else { return 0 }
    // The first request of a stretch is due as it starts, so one more than the whole requests behind the curve.
    let inPhase = Int(stretch.phase.requests(after: seconds - stretch.starts)) + 1
    return min(stretch.firstRequest + min(inPhase, stretch.phase.requests), requests)
  }

  /// Walks through every `stride`-th request from `first`: an event loop's share of the schedule.
  func cursor(first: Int, stride: Int) -> Cursor {
    Cursor(schedule: self, index: first, stride: stride)
  }

  /// A place in the schedule. Moving on costs no search.
  struct Cursor: Sendable {
    private let schedule: Schedule
    private let stride: Int
    private var stretch = 0
    /// The request that is next.
    private(set) var index: Int
    /// When it is due, after the start; `nil` at the end of the schedule.
    private(set) var time: TimeAmount?

    fileprivate init(schedule: Schedule, index: Int, stride: Int) {
      self.schedule = schedule
      self.index = index
      self.stride = stride
      settle()
    }

    /// A cursor that has nothing more to send.
    func atEnd() -> Cursor { Cursor(schedule: schedule, index: schedule.requests, stride: stride) }

    mutating func advance() {
      index += stride
      settle()
    }

    private mutating func settle() {
      guard index < schedule.requests else {
        time = nil
        return
      }
      let stretches = schedule.stretches
      while stretch + 1 < stretches.count, stretches[stretch + 1].firstRequest <= index { stretch += 1 }
      let current = stretches[stretch]
      let inPhase = current.phase.seconds(toReach: Double(index - current.firstRequest))
      time = TimeAmount(seconds: current.starts + inPhase)
    }
  }
}

extension TimeAmount {
  /// A fraction of a second is kept to the nanosecond.
  init(seconds: Double) { self = .nanoseconds(Int64((seconds * 1e9).rounded())) }

  var seconds: Double { Double(nanoseconds) / 1e9 }
}
