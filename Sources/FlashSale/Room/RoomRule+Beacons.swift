public import Time

// What a lottery is drawn by: which of the beacons that a room names, and when.

extension RoomRule {
  /// What a lottery asks whose entries have ended, in this order: the first beacon, and from the time that was set on,
  /// behind it, the fallback. A beacon that had spoken before the entries ended is never drawn by. Empty only of a room
  /// without a lottery.
  public func questions(after closing: Draw.Closing, now: Timestamp) -> [RoomKeeper.Question] {
    func question(_ beacon: BeaconRule, until: Timestamp? = nil, isFallback: Bool = false) -> RoomKeeper.Question {
      let round = beacon.round(for: closing.at)
      let knownAt = beacon.time(ofRound: round)
      return RoomKeeper.Question(
        beacon: beacon, round: round, isFallback: isFallback, knownAt: knownAt, until: until,
        isTooEarly: knownAt <= closing.at)
    }
    guard let beacon else { return [] }
    guard let fallback else { return [question(beacon)] }
    let (second, until) = (question(fallback.beacon, isFallback: true), closing.at.after(fallback.after))
    if second.isTooEarly { return [question(beacon)] }
    return [question(beacon, until: until)] + (until <= now ? [second] : [])
  }

  /// Whom a lottery waits for whose entries have ended: the last of its questions.
  public func question(after closing: Draw.Closing, now: Timestamp) -> RoomKeeper.Question? {
    questions(after: closing, now: now).last
  }

  /// Why a room of this rule could let nobody in, or could draw no lottery, in a sale of this window; `nil`: it can. To
  /// be asked when a sale is made or changed, and not of one that is stored.
  public func refusal(startsAt: Timestamp, endsAt: Timestamp) -> BodyError? {
    do throws(BodyError) {
      try checkBeacons(startsAt: startsAt, endsAt: endsAt)
      return refusal(ofEnd: endsAt)
    } catch {
      return error
    }
  }

  /// Refuses a window that leaves the lottery without a draw: its beacon speaks too early, or when the sale is over.
  ///
  /// - Throws: `invalidField` of the sale's field.
  func checkBeacons(startsAt: Timestamp, endsAt: Timestamp) throws(BodyError) {
    guard let beacon else { return }
    let place = "shaping.room"
    let opening = opensAt ?? startsAt
    try beacon.check(opening: opening, endsAt: endsAt, at: "\(place).beacon")
    guard let fallback else { return }
    try fallback.beacon.check(opening: opening, endsAt: endsAt, at: "\(place).fallback.beacon")
    if fallback.beacon.name == beacon.name {
      throw .invalidField("\(place).fallback.beacon.name", "is the first beacon's: nobody could tell them apart")
    }
    if opening.after(fallback.after) >= endsAt {
      throw .invalidField("\(place).fallback.after_seconds", "is over when the sale has ended, at \(endsAt)")
    }
  }
}

extension RoomKeeper {
  /// What came of asking a beacon that answers by itself.
  public enum Reply: Hashable, Sendable {
    case said(String)
    /// A call that ended a moment ago brought nothing.
    case silent
    /// It has not been asked, or not lately.
    case unasked
  }

  /// What a lottery does about its questions.
  public enum Step: Hashable, Sendable {
    /// It is drawn by this value.
    case draw(Question, String)
    case ask(Question)
    case wait
  }
}

extension [RoomKeeper.Question] {
  /// What to do at `now`. The first beacon that has spoken counts. A later one is asked, and counts, only while a call
  /// of the one before has just failed. An owner can be away past the fallback's time, by chance or because the shop
  /// stopped it. It still draws by the first beacon, if that one keeps what it has said.
  ///
  /// - Parameters:
  ///   - told: what persons said.
  ///   - heard: what came of asking a beacon that is not told.
  public func next(
    told: [Room.Told], now: Timestamp, heard: (RoomKeeper.Question) -> RoomKeeper.Reply
  ) -> RoomKeeper.Step {
    for question in self where !question.isTooEarly && question.knownAt <= now {
      if case .told = question.beacon.source {
        if let value = question.answer(among: told) { return .draw(question, value) }
        continue
      }
      switch heard(question) {
      case .said(let value): return .draw(question, value)
      case .unasked: return .ask(question)
      case .silent: continue
      }
    }
    return .wait
  }
}

extension BeaconRule {
  fileprivate func check(opening: Timestamp, endsAt: Timestamp, at place: String) throws(BodyError) {
    let knownAt = time(ofRound: round(for: opening))
    let field: String
    switch source {
    case .told:
      field = "known_at"
      if knownAt < opening.after(Limits.beaconMargin) {
        throw .invalidField(
          "\(place).known_at",
          """
          must be \(Limits.beaconMargin.components.seconds) s or more after the room opens, at \(opening): nobody may \
          know the value when the entries end
          """)
      }
    case .drand(_, let genesis, _): field = genesis >= endsAt ? "genesis" : "period_seconds"
    }
    if knownAt >= endsAt {
      throw .invalidField(
        "\(place).\(field)", "the first value that counts is known at \(knownAt), when the sale has ended")
    }
  }
}
