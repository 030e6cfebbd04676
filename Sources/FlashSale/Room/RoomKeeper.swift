public import Time

/// Decides for the owner of one room whom it lets in, passes over and puts out. The time is passed in.
///
/// (1) Only the owner's clock counts. What another process' clock said, an owner before among them, may be off by
///     `Limits.tokenLeeway`, and nobody is passed over or put out early for that.
/// (2) Silence counts only while the owner listens: after a takeover, a pause or a step of its clock, everybody has all
///     of `silence` anew to show a sign of life. So nobody loses her turn because of the owner.
public struct RoomKeeper: Sendable {
  /// What a lottery has to ask, before it can be drawn.
  public struct Question: Hashable, Sendable {
    public let beacon: BeaconRule
    public let round: UInt64
    public let isFallback: Bool
    /// Before this, nobody can know the answer.
    public let knownAt: Timestamp
    /// What a person tells at this time or later does not count: the fallback does by then. `nil`: it counts whenever.
    public let until: Timestamp?
    /// Whether the answer was known when the entries ended: then nothing is drawn by it.
    public let isTooEarly: Bool

    /// What persons said that the beacon said: the first value that was told when it could be known, and in time.
    public func answer(among told: [Room.Told]) -> String? {
      told.first { told in
        told.beacon == beacon.name && told.at >= knownAt && (until.map { told.at < $0 } ?? true)
      }?.value
    }
  }

  /// What is to be done now.
  public struct Decision: Equatable, Sendable {
    /// To be written, in this order.
    public var commands: [RoomRecord.Command] = []
    /// What is to be asked so that the lottery can be drawn, in this order.
    public var questions: [Question] = []

    /// Nothing is to be done.
    public init() {}
  }

  private let rule: RoomRule
  private var opensAt: Timestamp
  private var pace: AdmissionPace?
  /// When each place was last heard of, as far as it was; by its place in the room.
  private var heard: [Timestamp] = []
  private var lookedAt: Timestamp?
  private var decidedAt: Timestamp?
  /// Since when it has decided without a pause or a step of its clock.
  private var steadySince: Timestamp?

  /// How often places are looked through for those that were not heard of.
  private static let lookInterval = Duration.milliseconds(500)

  public init(_ rule: RoomRule, of sale: Sale) {
    self.rule = rule
    opensAt = rule.opening(of: sale)
  }

  /// Takes note of the sale's window as it is now: a room that has no opening of its own opens when the sale starts.
  public mutating func follow(_ sale: Sale) { opensAt = rule.opening(of: sale) }

  /// Takes note of a record that the room has applied.
  ///
  /// - Parameters:
  ///   - room: `nil`: there is none, or none any more.
  ///   - now: when it was read.
  public mutating func note(_ record: RoomRecord, in room: Room?, now: Timestamp) {
    guard let room else {
      heard = []
      return
    }
    switch record.command {
    case .alive(let places):
      grow(to: room, now)
      for place in places {
        if let index = room.index(of: place) { heard[index] = now }
      }
    case .join(let buyer, _, _):
      grow(to: room, now)
      guard let place = room.standing(of: buyer)?.place, let index = room.index(of: place) else { return }
      heard[index] = now
    default: break
    }
  }

  private mutating func grow(to room: Room, _ now: Timestamp) {
    while heard.count < room.places.count { heard.append(now) }
  }

  /// What to do at `now`. What it returns counts as done: if it may not be written, make another keeper.
  ///
  /// - Parameter backlog: orders that wait in the sale's longest partition; `nil`: that is not known. Only a room that
  ///   follows the backlog looks at it, and lets nobody in while it is not known.
  public mutating func decide(_ room: Room, backlog: Int64? = nil, now: Timestamp) -> Decision {
    var decision = Decision()
    listen(now)
    grow(to: room, now)
    if lookedAt.map({ now.microseconds(since: $0) >= Self.lookInterval.wholeMicroseconds }) ?? true {
      lookedAt = now
      look(room, now, &decision)
    }
    guard opensAt <= now else { return decision }
    if rule.order == .lottery, room.drawn == nil {
      if let closing = room.closing {
        decision.questions = rule.questions(after: closing, now: now)
      } else {
        decision.commands.append(.close)
      }
      return decision
    }
    let isHeld = rule.backlogMax.map { (backlog ?? .max) > $0 } ?? false
    admit(room, passedOver: decision.commands, isHeld: isHeld, now, &decision)
    return decision
  }

  /// Begins to listen anew if this is its first decision, or comes long after or before the last one.
  private mutating func listen(_ now: Timestamp) {
    defer { decidedAt = now }
    if let decidedAt, abs(now.microseconds(since: decidedAt)) <= Limits.roomCatchUp.wholeMicroseconds {
      if let lookedAt, now < lookedAt { self.lookedAt = now }
    } else {
      (heard, lookedAt, steadySince) = ([], nil, now)
    }
  }

  /// For how long a place is in its state, at least.
  private func age(of place: Room.Place, _ now: Timestamp) -> Int64 {
    guard let steadySince, place.since < steadySince else { return now.microseconds(since: place.since) }
    return now.microseconds(since: min(place.since.after(Limits.tokenLeeway), steadySince))
  }

  /// The first time of a room's decisions after it was taken over begins where the owner before left off.
  private mutating func admit(
    _ room: Room, passedOver: [RoomRecord.Command], isHeld: Bool, _ now: Timestamp, _ decision: inout Decision
  ) {
    // Who was just found away is let in with nobody's place: the next decision sees the line without her.
    guard passedOver.isEmpty else { return }
    var pace = self.pace ?? AdmissionPace(from: room.waiting > 0 ? room.lastAdmission : nil)
    pace.earn(upTo: now, ratePerMinute: room.ratePerMinute ?? rule.ratePerMinute)
    let free = rule.slots.map { max(0, Int($0) - room.inside) } ?? .max
    let open = room.isPaused || isHeld ? 0 : min(free, room.waiting)
    let count = min(pace.due, open, Limits.roomPlacesPerDecision)
    for part in room.first(count).parts { decision.commands.append(.admit(part)) }
    pace.spend(count)
    if count == open { pace.idle() }
    self.pace = pace
  }

  /// Finds whom nobody has heard of, and whose time inside is over.
  private func look(_ room: Room, _ now: Timestamp, _ decision: inout Decision) {
    var (away, expired): ([Offset], [Offset]) = ([], [])
    let isOpen = opensAt <= now
    for (index, place) in room.places.enumerated() {
      switch place.state {
      case .waiting:
        if isOpen, now.microseconds(since: heard[index]) > rule.silence.wholeMicroseconds { away.append(place.offset) }
      case .away:
        if age(of: place, now) > rule.grace.wholeMicroseconds { expired.append(place.offset) }
      case .admitted:
        if age(of: place, now) > rule.stay.wholeMicroseconds { expired.append(place.offset) }
      case .left, .done, .expired, .revoked: continue
      }
    }
    for part in away.parts { decision.commands.append(.away(part)) }
    for part in expired.parts { decision.commands.append(.expire(part)) }
  }
}

extension [Offset] {
  /// In pieces that a record takes.
  public var parts: [[Offset]] {
    stride(from: 0, to: count, by: Limits.roomPlacesPerRecord).map {
      Array(self[$0..<Swift.min(count, $0 + Limits.roomPlacesPerRecord)])
    }
  }
}
