internal import FlashSale
internal import Time

/// What a world of a waiting room keeps to judge it by. Times are true ones, except for stamps.
struct RoomChecks {
  /// What each place's token says, since it was first given.
  var tokens: [Offset: Timestamp] = [:]
  /// The newest admission's, by its owner's clock.
  var lastAdmission: Timestamp?
  /// When each place last showed life, and by which stamp.
  var signs: [Offset: Int64] = [:]
  var signStamps: [Offset: Timestamp] = [:]
  /// When each place came into its state by an owner's word.
  var began: [Offset: Int64] = [:]
  /// Who joined a lottery while its doors were open, by the clock of the intake.
  var late: Set<Offset> = []
  /// What the intakes publish.
  var published: RoomRecord.Drawn?
  /// Admissions that the rate, the owners' changes and the steps of their clocks allow.
  var allowed = 1.0
  var rate: Int32 = 300
  /// Since when somebody could be let in and nobody was.
  var couldSince: Int64?

  /// An owner's clock, or another owner's, begins to count: it makes up for what it takes for a standstill.
  mutating func steppedClock() {
    allowed += Double(rate) * 5 / 60 + 2
    couldSince = nil
  }
}

extension RoomWorld {
  /// Judges a record that is about to be applied.
  ///
  /// - Parameter isHeld: it was decided before its owner froze, so not by what the room is now.
  mutating func check(_ record: RoomRecord, at offset: Offset, isHeld: Bool) {
    switch record.command {
    case .join where isLottery && rule.opening(of: shop) <= record.at: checks.late.insert(offset)
    case .alive(let places): for place in places { sign(of: place, record.at) }
    case .away(let places) where record.epoch.rawValue == epoch && !isHeld:
      for place in places where model.state(of: place) == .waiting {
        checkTime("silence", checks.signs[place], rule.silence, "passed over", place)
      }
    case .expire(let places) where record.epoch.rawValue == epoch && !isHeld:
      for place in places {
        switch model.state(of: place) {
        case .admitted: checkTime("stay", checks.began[place], rule.stay, "put out", place)
        case .away: checkTime("grace", checks.began[place], rule.grace, "given up", place)
        default: break
        }
      }
    default: break
    }
  }

  private mutating func sign(of place: Offset, _ stamp: Timestamp) {
    (checks.signs[place], checks.signStamps[place]) = (now, stamp)
  }

  private mutating func checkTime(
    _ invariant: String, _ since: Int64?, _ least: Duration, _ what: String, _ place: Offset
  ) {
    guard let since, now - since + Self.step < least.wholeMicroseconds else { return }
    violate(invariant, "the place \(place) is \(what) after \((now - since) / 1_000) ms")
  }

  /// Judges what an owner decides: a room that is paused, or waits for its backlog, lets nobody in.
  mutating func checkHeldBack(_ commands: [RoomRecord.Command], _ room: Room) {
    let isHeldBack = room.isPaused || rule.backlogMax.map { (backlog ?? .max) > $0 } ?? false
    if isHeldBack, commands.contains(where: \.isAdmission) { violate("pause", "somebody is let in all the same") }
  }

  /// Judges what a lot is drawn by: no fallback counts where the first beacon has spoken.
  mutating func checkBeacon(_ drawn: RoomRecord.Drawn, _ room: Room, _ at: Timestamp) {
    guard drawn.isFallback, let closing = room.closing, let first = rule.questions(after: closing, now: at).first,
      !first.isTooEarly, first.knownAt <= at
    else { return }
    let isKnown =
      if case .told = first.beacon.source { first.answer(among: room.told) != nil } else { hasSpoken(first) }
    if isKnown { violate("beacon", "the lot is drawn by the fallback, and the first beacon has spoken") }
  }

  /// Judges what has become of the room by a record.
  mutating func checkEffect(of record: RoomRecord, isHeld: Bool) {
    guard let room = reader[Self.sale] else { return checkForgotten(record) }
    // What is held has the time at which it was decided.
    let decided = isHeld ? now - Self.longestFreeze : now
    switch record.command {
    case .join(let buyer, _, _): if let place = room.standing(of: buyer)?.place { sign(of: place, record.at) }
    case .admit(let places): checkTokens(places, record, room, decided)
    case .away(let places): for place in places where model.state(of: place) == .away { checks.began[place] = decided }
    case .rate(let rate):
      // An owner may reckon the moments before by the new rate.
      checks.allowed += Double(max(0, rate - checks.rate)) * 4 / 60
      checks.rate = rate
    case .close:
      if let late = room.entries.first(where: { checks.late.contains($0.offset) }) {
        violate("entries", "the place \(late.offset) joined while the doors were open, and is in the lot")
      }
    case .draw(let drawn):
      let shown = bug == .drawnAgain ? drawn : room.drawn
      if let published = checks.published, published != shown { violate("draw", "the lot is drawn again") }
      checks.published = shown
    default: break
    }
    let size = room.waiting + (bug == .expiredCounted ? model.count(.expired) : 0)
    if size != model.count(.waiting) {
      violate("size", "the room says that \(size) wait, and \(model.count(.waiting)) do")
    }
    if Double(admissions) > checks.allowed {
      violate("pace", "\(admissions) were let in by \(now / 1_000) ms, and \(checks.allowed) may be")
    }
  }

  /// A room that is not there has nobody, and its admissions go at the sale's rate.
  private mutating func checkForgotten(_ record: RoomRecord) {
    if model.isEmpty == false { violate("forgotten", "the room is gone for an intake, and is there") }
    guard case .forget = record.command else { return }
    forgotten += 1
    checks.allowed += Double(max(0, rule.ratePerMinute - checks.rate)) * 4 / 60
    checks.rate = rule.ratePerMinute
  }

  /// What an intake makes of an admission: a token for each place.
  private mutating func checkTokens(_ places: [Offset], _ record: RoomRecord, _ room: Room, _ decided: Int64) {
    for place in places {
      guard let buyer = model.buyer(of: place) else { continue }
      let standing = room.standing(of: buyer)
      let isIn = standing?.place == place && standing?.state == .admitted
      guard let since = bug == .admittedTwice ? record.at : isIn ? standing?.since : nil else { continue }
      if let known = checks.tokens[place], known != since { violate("place", "the place \(place) is let in twice") }
      if checks.tokens[place] == nil {
        (checks.tokens[place], checks.began[place], checks.lastAdmission) = (since, decided, since)
        checks.couldSince = nil
      }
    }
  }

  /// Everybody stands where a plain list has her.
  mutating func checkLine() {
    guard let room = reader[Self.sale] else { return }
    for place in model.places(.waiting) {
      guard let buyer = model.buyer(of: place) else { continue }
      let (said, right) = (room.standing(of: buyer)?.ahead, model.ahead(of: place))
      if said != right { violate("line", "before the place \(place) stand \(said ?? -1), and not \(right ?? -1)") }
    }
  }

  /// While somebody waits who may be let in, somebody is, within a moment and at most at the rate.
  mutating func checkPace() {
    checks.allowed += Double(checks.rate) * Double(Self.step) / 60_000_000
    let isFree = rule.slots.map { model.count(.admitted) < $0 } ?? true
    let isHeldBack = model.isPaused || rule.backlogMax.map { (backlog ?? .max) > $0 } ?? false
    let isAwake = owners[holder].frozenUntil <= now && rule.opening(of: shop) <= time(of: holder)
    guard model.count(.waiting) > 0, model.hasLine, isFree, !isHeldBack, isAwake else { return checks.couldSince = nil }
    let since = checks.couldSince ?? now
    checks.couldSince = since
    if now - since > 2_000_000 { violate("standstill", "nobody was let in for \((now - since) / 1_000) ms") }
  }
}
