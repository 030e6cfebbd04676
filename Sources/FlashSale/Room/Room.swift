public import Time

/// One sale's waiting room, as the records of its topic make it, applied in their order. Every intake and the owner
/// have the same one.
///
/// (1) A buyer has one live place, over any number of tabs, devices and intakes; it is the offset of the join that she
///     got it by.
/// (2) A place is let in once. A record that does not fit the state of its place changes nothing, so a repeat of any
///     record is harmless.
/// (3) Who was passed over and comes back stands where she stood.
/// (4) The size counts who waits: nobody who left, was passed over, lost her place or is inside.
/// (5) What it keeps grows with its buyers, and not with how often they come and go. Only live places fill it.
/// (6) Late buyers stand behind the lot: those who join when the doors are open or the entries have ended.
public struct Room: Sendable {
  /// What became of a place.
  public enum State: UInt8, Sendable {
    case waiting
    /// Passed over for want of a sign of life; it can come back.
    case away
    /// Inside: its token counts.
    case admitted
    case left
    /// Was inside, and said that it is done.
    case done
    case expired
    case revoked

    static let count = 7

    /// Whether the buyer still has the place.
    public var isLive: Bool { self == .waiting || self == .away || self == .admitted }
  }

  /// What a person said that a beacon said.
  public struct Told: Hashable, Sendable {
    public let beacon: String
    public let value: String
    public let at: Timestamp
  }

  struct Place: Sendable {
    var offset: Offset
    let buyer: BuyerID
    var state: State
    /// Whether it takes part in the lot.
    var isEntry = false
    /// Where in line; -1 before the lot is drawn.
    var rank: Int32 = -1
    /// When the state began, by the clock of the process that wrote the record.
    var since: Timestamp
  }

  /// Each buyer's newest, in the order in which buyers came; and entries of the lot whose buyers joined again after the
  /// entries had ended.
  private(set) var places: [Place] = []
  private var indexByBuyer: [BuyerID: Int32] = [:]
  private var indexByOffset: [Offset: Int32] = [:]
  private var revoked: Set<BuyerID> = []
  private var line = WaitingLine()
  /// The place at each rank.
  private var indexByRank: [Int32] = []
  /// Who waits for the lot, without a rank.
  private var waitingForLot = 0

  /// How many are inside.
  public private(set) var inside = 0
  /// How many were let in, whatever became of them since.
  public private(set) var admitted = 0
  /// Places by the number of their state.
  private var counts = [Int](repeating: 0, count: State.count)
  /// Whether the room draws lots; known from the first join on.
  public private(set) var byLot = false
  public private(set) var isPaused = false
  /// Admissions per minute, if the admin set another rate than the sale's.
  public private(set) var ratePerMinute: Int32?
  /// How a lottery's entries stood when they ended.
  public private(set) var closing: Draw.Closing?
  /// What the lot was drawn by.
  public private(set) var drawn: RoomRecord.Drawn?
  /// What persons said since the entries ended. Of a beacon, the first value stands that was told when it had spoken.
  public private(set) var told: [Told] = []
  /// When the newest was let in.
  private(set) var lastAdmission: Timestamp?

  let sale: SaleNumber
  private let capacity: Int

  /// An empty room.
  ///
  /// - Parameter capacity: live places that it takes.
  public init(sale: SaleNumber, capacity: Int = Limits.roomPlaces) {
    self.sale = sale
    self.capacity = capacity
  }

  /// How many wait.
  public var waiting: Int { line.count + waitingForLot }

  /// How many places are in a state.
  public func count(_ state: State) -> Int { counts[Int(state.rawValue)] }

  /// Whether it takes no further place.
  private var isFull: Bool {
    waiting + count(.away) + inside >= capacity || places.count >= Limits.roomRememberedPlaces
  }

  /// Why a buyer gets no place.
  public enum Refusal: Sendable { case revoked, full }

  /// Why a buyer gets no place now; `nil`: she has one, or her join would give her one.
  public func refusal(of buyer: BuyerID) -> Refusal? {
    if revoked.contains(buyer) { return .revoked }
    return isFull && standing(of: buyer)?.state.isLive != true ? .full : nil
  }

  /// How many entries a lottery has.
  public private(set) var entryCount = 0

  /// A lottery's entries: who joined before the doors opened, in the order of joining. Each costs a hash.
  public var entries: [Draw.Entry] {
    indices(where: \.isEntry).map { Draw.Entry(sale: sale, buyer: places[$0].buyer, offset: places[$0].offset) }
  }

  /// Places of a kind, in the order of joining.
  private func indices(where isMeant: (Place) -> Bool) -> [Int] {
    places.indices.filter { isMeant(places[$0]) }.sorted { places[$0].offset < places[$1].offset }
  }

  // MARK: Who stands where

  /// A buyer's place.
  public struct Standing: Hashable, Sendable {
    public let place: Offset
    public let state: State
    /// How many wait before her; `nil` where nobody can say yet, or nothing is waited for.
    public let ahead: Int?
    public let since: Timestamp
  }

  /// Where a buyer stands, by her newest place; `nil` if she never had one.
  public func standing(of buyer: BuyerID) -> Standing? {
    guard let index = indexByBuyer[buyer] else { return nil }
    let place = places[Int(index)]
    let isInLine = place.rank >= 0 && (place.state == .waiting || place.state == .away)
    return Standing(
      place: place.offset, state: place.state, ahead: isInLine ? line.before(Int(place.rank)) : nil,
      since: place.since)
  }

  /// The first `count` in line.
  func first(_ count: Int) -> [Offset] {
    (0..<min(count, line.count)).compactMap { skipped in
      line.rank(behind: skipped).map { places[Int(indexByRank[$0])].offset }
    }
  }

  func index(of place: Offset) -> Int? { indexByOffset[place].map(Int.init) }
}

// MARK: - Records

extension Room {
  /// Applies a record of this room.
  ///
  /// - Returns: places whose tokens count no more from here on.
  @discardableResult
  public mutating func apply(_ record: RoomRecord, at offset: Offset) -> [Offset] {
    switch record.command {
    case .join(let buyer, let byLot, let isLate): join(buyer, byLot: byLot, isLate: isLate, at: offset, record.at)
    case .leave(let buyer): return leave(buyer, record.at)
    case .revoke(let buyer): return revoke(buyer, record.at)
    case .alive(let offsets): change(offsets, [.away], to: .waiting, record.at)
    case .away(let offsets): change(offsets, [.waiting], to: .away, record.at)
    case .expire(let offsets):
      let ended = offsets.filter { index(of: $0).map { places[$0].state == .admitted } ?? false }
      change(offsets, [.waiting, .away, .admitted], to: .expired, record.at)
      return ended
    case .admit(let offsets):
      if change(offsets, [.waiting], to: .admitted, record.at) { lastAdmission = record.at }
    case .pause: isPaused = true
    case .resume: isPaused = false
    case .rate(let rate): ratePerMinute = rate
    case .beacon(let name, let value):
      guard closing != nil, told.count < Limits.toldBeacons else { break }
      told.append(Told(beacon: name, value: value, at: record.at))
    case .close: if byLot || places.isEmpty, closing == nil { close(record.at) }
    case .draw(let drawn): if let closing, self.drawn == nil { draw(drawn, closing) }
    case .own, .forget: break
    }
    return []
  }

  private mutating func join(_ buyer: BuyerID, byLot: Bool, isLate: Bool, at offset: Offset, _ time: Timestamp) {
    guard refusal(of: buyer) == nil else { return }
    let known = indexByBuyer[buyer].map(Int.init)
    if let known, places[known].state.isLive {
      if places[known].state == .away { set(known, .waiting, time) }
      return
    }
    if places.isEmpty { self.byLot = byLot || closing != nil }
    let isEntry = self.byLot && closing == nil && !isLate
    if isEntry, let known, places[known].isEntry { return set(known, .waiting, time) }
    let index = place(of: buyer, known, at: offset, time)
    if isEntry {
      places[index].isEntry = true
      entryCount += 1
    }
    if !self.byLot || drawn != nil { giveRank(to: index) }
    set(index, .waiting, time)
    if line.ranks > 2 * places.count { renumber() }
  }

  /// A place at an offset that stands nowhere yet: in place of the one that the buyer had before, unless the entries of
  /// the lot have ended and that is one, which can be checked for good.
  private mutating func place(of buyer: BuyerID, _ known: Int?, at offset: Offset, _ time: Timestamp) -> Int {
    guard let known, !places[known].isEntry || closing == nil else {
      places.append(Place(offset: offset, buyer: buyer, state: .left, since: time))
      counts[Int(State.left.rawValue)] += 1
      indexByBuyer[buyer] = Int32(places.count - 1)
      indexByOffset[offset] = Int32(places.count - 1)
      return places.count - 1
    }
    indexByOffset[places[known].offset] = nil
    indexByOffset[offset] = Int32(known)
    if places[known].isEntry { entryCount -= 1 }
    (places[known].offset, places[known].rank, places[known].isEntry) = (offset, -1, false)
    return known
  }

  /// Drops the ranks that nobody has any more.
  private mutating func renumber() {
    let ranked = indexByRank.enumerated().filter { places[Int($1)].rank == Int32($0) }.map { Int($1) }
    (line, indexByRank) = (WaitingLine(), [])
    for index in ranked { giveRank(to: index) }
  }

  private mutating func giveRank(to index: Int) {
    places[index].rank = Int32(line.ranks)
    line.append()
    indexByRank.append(Int32(index))
    if places[index].state != .waiting { line.set(line.ranks - 1, stands: false) }
  }

  private mutating func leave(_ buyer: BuyerID, _ time: Timestamp) -> [Offset] {
    guard let index = indexByBuyer[buyer].map(Int.init), places[index].state.isLive else { return [] }
    let wasInside = places[index].state == .admitted
    set(index, wasInside ? .done : .left, time)
    return wasInside ? [places[index].offset] : []
  }

  private mutating func revoke(_ buyer: BuyerID, _ time: Timestamp) -> [Offset] {
    revoked.insert(buyer)
    guard let index = indexByBuyer[buyer].map(Int.init), places[index].state.isLive else { return [] }
    set(index, .revoked, time)
    return [places[index].offset]
  }

  @discardableResult
  private mutating func change(
    _ offsets: [Offset], _ from: [State], to state: State, _ time: Timestamp
  ) -> Bool {
    var hasChanged = false
    for offset in offsets {
      guard let index = index(of: offset), from.contains(places[index].state) else { continue }
      // By lot, nobody is let in before it is drawn.
      if state == .admitted, places[index].rank < 0 { continue }
      set(index, state, time)
      hasChanged = true
    }
    return hasChanged
  }

  private mutating func set(_ index: Int, _ state: State, _ time: Timestamp) {
    let place = places[index]
    if place.rank >= 0 {
      line.set(Int(place.rank), stands: state == .waiting)
    } else {
      waitingForLot += (state == .waiting ? 1 : 0) - (place.state == .waiting ? 1 : 0)
    }
    inside += (state == .admitted ? 1 : 0) - (place.state == .admitted ? 1 : 0)
    if state == .admitted { admitted += 1 }
    counts[Int(place.state.rawValue)] -= 1
    counts[Int(state.rawValue)] += 1
    (places[index].state, places[index].since) = (state, time)
  }

  // MARK: The lot

  private mutating func close(_ time: Timestamp) {
    // To the millisecond, as it is published.
    let milliseconds = time.microseconds - time.microseconds % 1_000
    closing = Draw.Closing(at: Timestamp(microseconds: milliseconds), entries)
  }

  private mutating func draw(_ drawn: RoomRecord.Drawn, _ closing: Draw.Closing) {
    let seed = Draw.seed(secret: drawn.secret, closing, beacon: drawn.value)
    self.drawn = drawn
    waitingForLot = 0
    let entered = indices(where: \.isEntry)
    for lot in Draw.order(of: entries, seed: seed) { giveRank(to: entered[lot]) }
    for index in indices(where: { $0.rank < 0 }) { giveRank(to: index) }
  }
}
