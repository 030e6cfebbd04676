internal import NIOCore

/// What one tab does next in a waiting room.
enum RoomStep: Equatable, Sendable {
  /// It is let in, or the sale has no room: it sends its order.
  case order
  /// It asks where it stands.
  case look(after: TimeAmount)
  /// It asks for a place once more.
  case join(after: TimeAmount)
  /// It is closed: nothing is left to wait for, or its person has waited for long enough.
  case leave
}

/// The tabs of one event loop that are in a sale's waiting room. Decides what each does next, and sends nothing itself.
///
/// (1) A request of the schedule is one tab. Tabs of one buyer know nothing of each other, as those on two devices.
/// (2) A tab asks when it was told to, or, where its group ignores that, after the group's own pause.
/// (3) A tab leaves when it hears that nothing is left, if its group believes that, or after its group's patience.
struct Visits: Sendable {
  private struct Tab {
    let came: NIODeadline
    var token: [UInt8] = []
  }

  private let groups: [Crowd.Group]
  /// Those that are open, by the number of their request.
  private var tabs: [Int: Tab] = [:]
  private(set) var sight = RoomSight()

  init(_ crowd: Crowd) {
    groups = crowd.groups
    sight.groups = groups.map { _ in RoomSight.Group() }
  }

  /// The token for a tab's order; `nil`: it has none.
  func token(of number: Int) -> [UInt8]? {
    guard !tabs.isEmpty, let tab = tabs[number] else { return nil }
    return tab.token.isEmpty ? nil : tab.token
  }

  /// A tab has an answer, or gets none.
  ///
  /// - Parameters:
  ///   - answer: `nil` where there was none.
  ///   - body: of the answer.
  mutating func ended(
    _ flight: Flight, buyer: Int, _ answer: AnswerHead?, body: borrowing Span<UInt8>, at now: NIODeadline
  ) -> RoomStep {
    let group = groups[flight.group]
    if tabs[flight.number] == nil {
      tabs[flight.number] = Tab(came: now)
      sight.groups[flight.group].tabs += 1
    }
    let isTired = tabs[flight.number].map { now - $0.came > group.patience } ?? true
    guard let answer, answer.status == 200 else {
      if answer?.status == 404, FlatJSON.string("code", in: body).map({ body.holds("room_not_found", at: $0) }) ?? false
      {
        return .order
      }
      let mayHelp = answer.map { $0.status == 503 || $0.status == 429 } ?? true
      guard mayHelp || !group.believesRefusals, !isTired else { return leave(flight, isTired: isTired) }
      let asked = group.honoursRetryAfter ? answer?.retryAfterSeconds.map { TimeAmount.seconds(Int64($0)) } : nil
      let pause = min(asked ?? group.pause, Limits.longestRetryAfter)
      return flight.step == .join ? .join(after: pause) : .look(after: pause)
    }
    sight.told(body, buyer)
    if let token = FlatJSON.string("token", in: body) {
      tabs[flight.number]?.token = token.map { body[$0] }
      sight.groups[flight.group].letIn += 1
      return .order
    }
    let word = FlatJSON.string("status", in: body)
    let waits = word.map { body.holds("waiting", at: $0) || body.holds("entered", at: $0) } ?? false
    let isOver = group.believesRefusals && FlatJSON.sum(ofMembers: "left", in: body) == 0
    guard waits, !isOver, !isTired else {
      return leave(flight, isTired: isTired && waits)
    }
    let told = FlatJSON.sum(ofMembers: "poll_after_ms", in: body).map { TimeAmount.milliseconds(Int64($0)) }
    return .look(after: group.honoursRetryAfter ? told ?? group.pause : group.pause)
  }

  private mutating func leave(_ flight: Flight, isTired: Bool) -> RoomStep {
    tabs[flight.number] = nil
    if isTired { sight.groups[flight.group].tired += 1 }
    return .leave
  }
}

/// What tabs were told in a waiting room.
struct RoomSight: Sendable {
  /// Of one group of the crowd.
  struct Group: Sendable {
    var tabs = 0
    /// Tabs that were told a token.
    var letIn = 0
    /// Tabs that left because their person's patience was over.
    var tired = 0
  }

  var groups: [Group] = []
  /// Each buyer's place.
  private(set) var places: [Int: Int] = [:]
  /// By buyer who was let in: when her token expires, a fixed time after the admission. Microseconds since 1970.
  private(set) var expiries: [Int: Int64] = [:]
  private(set) var ratePerMinute: Int?
  /// Buyers who were told two places, or two admissions.
  private(set) var doubled = Violations()

  /// Whether anybody was in a room.
  var isEmpty: Bool { places.isEmpty }

  fileprivate mutating func told(_ body: borrowing Span<UInt8>, _ buyer: Int) {
    if let place = FlatJSON.sum(ofMembers: "place", in: body) { note(place: place, of: buyer) }
    if let rate = FlatJSON.sum(ofMembers: "rate_per_minute", in: body) { ratePerMinute = rate }
    if let text = FlatJSON.string("token_expires_at", in: body), let time = body.timestamp(at: text) {
      note(expiry: time, of: buyer)
    }
  }

  private mutating func note(place: Int, of buyer: Int) {
    if let known = places[buyer], known != place {
      doubled.add("\(Mix.buyerName(buyer)) has the places \(known) and \(place)")
    }
    places[buyer] = place
  }

  private mutating func note(expiry: Int64, of buyer: Int) {
    if let known = expiries[buyer], known != expiry { doubled.add("\(Mix.buyerName(buyer)) was let in twice") }
    expiries[buyer] = expiry
  }

  mutating func merge(_ other: RoomSight) {
    if groups.isEmpty { groups = other.groups.map { _ in Group() } }
    for (index, group) in other.groups.enumerated() {
      groups[index].tabs += group.tabs
      groups[index].letIn += group.letIn
      groups[index].tired += group.tired
    }
    ratePerMinute = ratePerMinute ?? other.ratePerMinute
    doubled.add(other.doubled)
    for (buyer, place) in other.places { note(place: place, of: buyer) }
    for (buyer, expiry) in other.expiries { note(expiry: expiry, of: buyer) }
  }

  /// Admissions per second that were seen, and how many they were; `nil` below two.
  var admissions: (perSecond: Double, count: Int)? {
    guard expiries.count > 1, let first = expiries.values.min(), let last = expiries.values.max(), last > first else {
      return nil
    }
    return (Double(expiries.count - 1) / (Double(last - first) / 1_000_000), expiries.count)
  }
}
