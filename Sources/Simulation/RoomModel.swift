internal import FlashSale
internal import Time

/// What a waiting room is, said a second time and as plainly as can be: a list that is searched from its beginning.
struct RoomModel {
  private struct Place {
    let offset: Offset
    let buyer: BuyerID
    var state = Room.State.waiting
    let isEntry: Bool
  }

  let isLottery: Bool
  private var epoch: Int64 = 0
  private var revoked: Set<BuyerID> = []
  private var all: [Place] = []
  /// Who has a turn, in this order; those who stand there no more among them.
  private var line: [Offset] = []
  private var closing: Draw.Closing?
  private var isDrawn = false
  private(set) var isPaused = false
  /// Admissions per minute, if the admin has set them.
  private(set) var rate: Int32?

  init(isLottery: Bool) { self.isLottery = isLottery }

  /// Whether nobody has joined since it was forgotten, if it was.
  var isEmpty: Bool { all.isEmpty }

  func count(_ state: Room.State) -> Int { all.count { $0.state == state } }

  func places(_ state: Room.State) -> [Offset] { all.filter { $0.state == state }.map(\.offset) }

  func state(of place: Offset) -> Room.State? { all.first { $0.offset == place }?.state }

  func buyer(of place: Offset) -> BuyerID? { all.first { $0.offset == place }?.buyer }

  /// Whether a place has its turn in line, or has to wait for the lot.
  var hasLine: Bool { !isLottery || isDrawn }

  /// How many wait before a place; `nil`: that is not known before the lot is drawn.
  func ahead(of place: Offset) -> Int? {
    line.firstIndex(of: place).map { end in line[..<end].count { state(of: $0) == .waiting } }
  }

  mutating func apply(_ record: RoomRecord, at offset: Offset) {
    guard !record.command.isDecision || record.epoch.rawValue == epoch else { return }
    switch record.command {
    case .own: epoch = max(epoch, record.epoch.rawValue)
    case .join(let buyer, _, let isLate): join(buyer, isLate: isLate, at: offset)
    case .leave(let buyer):
      for index in live(buyer) { all[index].state = all[index].state == .admitted ? .done : .left }
    case .revoke(let buyer):
      revoked.insert(buyer)
      for index in live(buyer) { all[index].state = .revoked }
    case .alive(let places): move(places, from: [.away], to: .waiting)
    case .away(let places): move(places, from: [.waiting], to: .away)
    case .admit(let places): move(places.filter { line.contains($0) }, from: [.waiting], to: .admitted)
    case .expire(let places): move(places, from: [.waiting, .away, .admitted], to: .expired)
    case .pause: isPaused = true
    case .resume: isPaused = false
    case .rate(let rate): self.rate = rate
    case .beacon: break
    case .close:
      guard isLottery, closing == nil else { return }
      closing = Draw.Closing(at: Timestamp(microseconds: record.at.microseconds / 1_000 * 1_000), entries)
    case .draw(let drawn): draw(drawn)
    case .forget:
      let epoch = self.epoch
      self = RoomModel(isLottery: isLottery)
      self.epoch = epoch
    }
  }

  private func live(_ buyer: BuyerID) -> [Int] {
    all.indices.filter { all[$0].buyer == buyer && all[$0].state.isLive }
  }

  private mutating func join(_ buyer: BuyerID, isLate: Bool, at offset: Offset) {
    if revoked.contains(buyer) { return }
    if let index = live(buyer).first {
      if all[index].state == .away { all[index].state = .waiting }
      return
    }
    if isLottery, closing == nil, let index = all.firstIndex(where: { $0.buyer == buyer && $0.isEntry }) {
      if !isLate {
        all[index].state = .waiting
        return
      }
      all.remove(at: index)
    }
    all.append(Place(offset: offset, buyer: buyer, isEntry: isLottery && closing == nil && !isLate))
    if hasLine { line.append(offset) }
  }

  private var entries: [Draw.Entry] {
    all.filter(\.isEntry).map { Draw.Entry(sale: RoomWorld.sale, buyer: $0.buyer, offset: $0.offset) }
  }

  private mutating func draw(_ drawn: RoomRecord.Drawn) {
    guard let closing, !isDrawn else { return }
    isDrawn = true
    let seed = Draw.seed(secret: drawn.secret, closing, beacon: drawn.value)
    line = Draw.order(of: entries, seed: seed).map { entries[$0].offset }
    line += all.filter { !$0.isEntry }.map(\.offset)
  }

  private mutating func move(_ places: [Offset], from: [Room.State], to state: Room.State) {
    for index in all.indices where places.contains(all[index].offset) && from.contains(all[index].state) {
      all[index].state = state
    }
  }
}
