internal import HTTPServing
internal import Metrics
internal import Vitals

/// Counts an event loop's answers to orders, and hands them to the metrics with each tick: no request touches a counter
/// that another loop uses.
struct AnswerTally {
  /// The answer to a request for an order.
  enum Answer: Hashable {
    case accepted
    /// It was sent before and has won: its outcome is told again.
    case repeated
    /// The client left before the log had answered.
    case clientGone
    case problem(ProblemCode)

    fileprivate var index: Int {
      switch self {
      case .accepted: 0
      case .repeated: 1
      case .clientGone: 2
      case .problem(let code): 3 + code.rawValue
      }
    }

    /// As it is called in metrics and in the store.
    var name: StaticString {
      switch self {
      case .accepted: "accepted"
      case .repeated: "repeated"
      case .clientGone: "client_gone"
      case .problem(let code): code.name
      }
    }
  }

  private static let answers = [.accepted, .repeated, .clientGone] + ProblemCode.allCases.map(Answer.problem)

  private var counts = [Int](repeating: 0, count: answers.count)
  // Each made when its answer is first given: a scraper sees those that occur.
  private var counters = [Counter?](repeating: nil, count: answers.count)

  /// Counts one answer.
  mutating func count(_ answer: Answer) { counts[answer.index] += 1 }

  /// Hands over what was counted since the last time.
  mutating func publish() {
    for index in counts.indices where counts[index] > 0 {
      let counter = counters[index] ?? Self.counter(of: Self.answers[index])
      counter.increment(by: counts[index])
      (counts[index], counters[index]) = (0, counter)
    }
  }

  private static func counter(of answer: Answer) -> Counter {
    Counter(IntakeMetric.answers, [("code", "\(answer.name)")])
  }
}
