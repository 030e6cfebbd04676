public import Time

// What a lottery is drawn by: which of the beacons that a room names, and when.

extension RoomRule {
  /// What a lottery asks whose entries have ended: the first beacon, and from the time that was set on the fallback. A
  /// beacon that had spoken before the entries ended is never drawn by; `nil` only of a room without a lottery.
  public func question(after closing: Draw.Closing, now: Timestamp) -> RoomKeeper.Question? {
    func question(_ beacon: BeaconRule, isFallback: Bool) -> RoomKeeper.Question {
      let round = beacon.round(for: closing.at)
      let knownAt = beacon.time(ofRound: round)
      return RoomKeeper.Question(
        beacon: beacon, round: round, isFallback: isFallback, knownAt: knownAt, isTooEarly: knownAt <= closing.at)
    }
    if let fallback, closing.at.after(fallback.after) <= now {
      let second = question(fallback.beacon, isFallback: true)
      if !second.isTooEarly { return second }
    }
    return beacon.map { question($0, isFallback: false) }
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
