internal import FlashSale
internal import HTTPServing
internal import Time

/// Where a buyer stands in a waiting room, as she is told.
struct RoomAnswer: Sendable {
  /// The room, as far as a buyer wants to know.
  struct Surroundings: Sendable {
    var waiting: Int
    var ratePerMinute: Int32
    var isPaused: Bool
    /// Whether nobody is let in before somebody leaves or is done.
    var isFull: Bool
    var opensAt: Timestamp
    /// Since when a lottery that is not drawn waits for its beacon.
    var waitsForBeacon: String?
    /// Units that are left, over all SKUs, as of the last signal.
    var left: Int64
    var outlook: Outlook
  }

  /// What whoever waits can hope for.
  enum Outlook: Sendable {
    /// Units that are left, or are to come; or nothing, though units were left when the sale was over.
    case units
    /// Units that are held and can come back, at this time at the earliest, if that is known.
    case held(until: Timestamp?)
    /// All are gone.
    case nothing
  }

  let standing: Room.Standing
  let surroundings: Surroundings
  let token: (text: String, expiresAt: Timestamp)?
  /// How soon she should ask again.
  let pollAfter: Duration

  func write(to json: inout JSONWriter) {
    json.field("status", status)
    json.field("place", standing.place.rawValue)
    if isWaiting {
      json.field("position", orNull: standing.ahead)
      json.field("eta_ms", orNull: eta)
      json.field("poll_after_ms", pollAfter.wholeMilliseconds)
    }
    if let token {
      json.field("token", token.text)
      json.field("token_expires_at", token.expiresAt.description)
    }
    json.field("waiting", surroundings.waiting)
    json.field("rate_per_minute", surroundings.ratePerMinute)
    json.field("is_paused", surroundings.isPaused)
    json.field("opens_at", surroundings.opensAt.description)
    if let beacon = surroundings.waitsForBeacon { json.field("waits_for_beacon", beacon) }
    json.field("left", surroundings.left)
    switch surroundings.outlook {
    case .units: break
    case .held(let release):
      json.field("all_held", true)
      if let release { json.field("earliest_release_at", release.description) }
    // Nobody has to wait for what is gone.
    case .nothing: json.field("sold_out", true)
    }
  }

  private var isWaiting: Bool { standing.state == .waiting || standing.state == .away }

  private var status: String {
    switch standing.state {
    case .waiting, .away: standing.ahead == nil ? "entered" : "waiting"
    case .admitted: token == nil ? "expired" : "admitted"
    case .left: "left"
    case .done: "done"
    case .expired: "expired"
    case .revoked: "revoked"
    }
  }

  /// At the set rate, from the opening on; `nil` where nobody is let in, for as long as nobody can say. That a room is
  /// held by its backlog, only its owner knows.
  private var eta: Int64? {
    guard let ahead = standing.ahead, !surroundings.isPaused, !surroundings.isFull else { return nil }
    let line = Int64(ahead + 1) * 60_000 / Int64(surroundings.ratePerMinute)
    return line + max(0, surroundings.opensAt.microseconds(since: .now) / 1_000)
  }
}
