internal import FlashSale
internal import Logging
internal import Synchronization
internal import Time

/// What a beacon said of a round.
public struct BeaconAnswer: Sendable, Hashable {
  /// The public value, as it goes into the seed.
  public let value: String
  /// What the value is the hash of, in hexadecimal digits; empty if it was not said.
  public let signature: String

  public init(value: String, signature: String = "") { (self.value, self.signature) = (value, signature) }
}

/// Asks beacons, one question at a time for each sale, and keeps what they said. Whose word counts is decided by
/// `[RoomKeeper.Question].next`.
///
/// (1) Nothing but the named beacon's value of the named round is ever an answer: without one, nothing is drawn.
/// (2) A value that was known when the entries ended is none.
/// (3) A beacon counts as silent for `Limits.beaconAskInterval` after a call that failed. Then it is asked again.
final class BeaconDesk: Sendable {
  private struct State {
    var answers: [RoomKeeper.Question: BeaconAnswer] = [:]
    /// Sales for which a beacon is being asked.
    var asking: Set<SaleNumber> = []
    /// When the last call failed.
    var failed: [RoomKeeper.Question: ContinuousClock.Instant] = [:]
    var complainedAt: [SaleNumber: ContinuousClock.Instant] = [:]

    func heard(_ question: RoomKeeper.Question) -> RoomKeeper.Reply {
      if let answer = answers[question] { return .said(answer.value) }
      return failed[question].map { .now - $0 < Limits.beaconAskInterval } ?? false ? .silent : .unasked
    }
  }

  private let ask: WorkerConfiguration.AskBeacon?
  private let logger: Logger
  private let state = Mutex(State())

  init(ask: WorkerConfiguration.AskBeacon?, logger: Logger) {
    self.ask = ask
    self.logger = logger
  }

  /// Whose answer counts, if there is one by now; otherwise it begins to ask, or has somebody told that it waits.
  func answer(
    to questions: [RoomKeeper.Question], told: [Room.Told], of sale: SaleNumber, now: Timestamp
  ) -> (question: RoomKeeper.Question, answer: BeaconAnswer)? {
    let (step, answers) = state.withLock { state in
      (questions.next(told: told, now: now, heard: state.heard), state.answers)
    }
    switch step {
    case .draw(let question, let value): return (question, answers[question] ?? BeaconAnswer(value: value))
    case .ask(let question): begin(question, of: sale)
    case .wait: if let question = questions.last { complain(sale, waitingFor: question, now) }
    }
    return nil
  }

  private func begin(_ question: RoomKeeper.Question, of sale: SaleNumber) {
    guard case .drand(let url, _, _) = question.beacon.source,
      state.withLock({ $0.asking.insert(sale).inserted })
    else { return }
    Task { [self] in
      do {
        guard let ask else { throw AsksNone() }
        let answer = try await ask(url, question.round)
        state.withLock { $0.answers[question] = answer }
      } catch {
        state.withLock { $0.failed[question] = .now }
        complain(sale, question, "\(error)")
      }
      state.withLock { _ = $0.asking.remove(sale) }
    }
  }

  private struct AsksNone: Error, CustomStringConvertible {
    let description = "this worker asks no beacons"
  }

  private func complain(_ sale: SaleNumber, waitingFor question: RoomKeeper.Question, _ now: Timestamp) {
    if question.isTooEarly {
      complain(sale, question, "its value was known at \(question.knownAt), before the entries ended: it is not used")
    } else if question.knownAt <= now, case .told = question.beacon.source {
      complain(sale, question, "nobody has told its value: penstock room beacon")
    }
  }

  private func complain(_ sale: SaleNumber, _ question: RoomKeeper.Question, _ reason: String) {
    let isNews = state.withLock { state in
      if let last = state.complainedAt[sale], .now - last < Limits.beaconReminder { return false }
      state.complainedAt[sale] = .now
      return true
    }
    guard isNews else { return }
    logger.error(
      "a lottery waits for its beacon, and nobody is let in",
      metadata: [
        "sale": "\(sale)", "beacon": "\(question.beacon.name)", "round": "\(question.round)", "reason": "\(reason)",
      ])
  }
}
