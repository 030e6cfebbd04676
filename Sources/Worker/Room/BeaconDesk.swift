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

/// Asks beacons, one question at a time for each sale, and keeps what they said.
///
/// (1) Nothing but the named beacon's value of the named round is ever an answer: without one, nothing is drawn.
/// (2) A value that was known when the entries ended is none.
final class BeaconDesk: Sendable {
  private struct State {
    var answers: [RoomKeeper.Question: BeaconAnswer] = [:]
    /// Sales for which a beacon is being asked, and when the last answer for the others came, or did not.
    var asking: Set<SaleNumber> = []
    var asked: [SaleNumber: ContinuousClock.Instant] = [:]
    var complainedAt: [SaleNumber: ContinuousClock.Instant] = [:]
  }

  private let ask: WorkerConfiguration.AskBeacon?
  private let logger: Logger
  private let state = Mutex(State())

  init(ask: WorkerConfiguration.AskBeacon?, logger: Logger) {
    self.ask = ask
    self.logger = logger
  }

  /// The answer, if there is one by now; otherwise it begins to ask, or has somebody told that it waits.
  func answer(
    to question: RoomKeeper.Question, told: [Room.Told], of sale: SaleNumber, now: Timestamp
  ) -> BeaconAnswer? {
    if question.isTooEarly {
      complain(sale, question, "its value was known at \(question.knownAt), before the entries ended: it is not used")
      return nil
    }
    guard question.knownAt <= now else { return nil }
    switch question.beacon.source {
    case .told:
      if let value = question.answer(among: told) { return BeaconAnswer(value: value) }
      complain(sale, question, "nobody has told its value: penstock room beacon")
      return nil
    case .drand(let url, _, _):
      if let answer = state.withLock({ $0.answers[question] }) { return answer }
      begin(question, url, of: sale)
      return nil
    }
  }

  private func begin(_ question: RoomKeeper.Question, _ url: String, of sale: SaleNumber) {
    guard let ask else { return complain(sale, question, "this worker asks no beacons") }
    let mayAsk = state.withLock { state in
      if let last = state.asked[sale], .now - last < Limits.beaconAskInterval { return false }
      return state.asking.insert(sale).inserted
    }
    guard mayAsk else { return }
    Task { [self] in
      do {
        let answer = try await ask(url, question.round)
        state.withLock { $0.answers[question] = answer }
      } catch {
        complain(sale, question, "\(error)")
      }
      state.withLock { state in
        state.asking.remove(sale)
        state.asked[sale] = .now
      }
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
