internal import FlashSale

/// What a waiting room is, said a second time and as plainly as can be: a list that is searched from its beginning.
struct RoomModel {
  private var epoch: Int64 = 0
  private var revoked: Set<BuyerID> = []
  private var all: [(offset: Offset, buyer: BuyerID, state: Room.State)] = []

  func count(_ state: Room.State) -> Int { all.count { $0.state == state } }

  func places(_ state: Room.State) -> [Offset] { all.filter { $0.state == state }.map(\.offset) }

  func buyer(of place: Offset) -> BuyerID? { all.first { $0.offset == place }?.buyer }

  mutating func apply(_ record: RoomRecord, at offset: Offset) {
    let isOwners = record.epoch.rawValue == epoch
    switch record.command {
    case .own: epoch = max(epoch, record.epoch.rawValue)
    case .join(let buyer, _):
      if revoked.contains(buyer) { return }
      guard let live = all.firstIndex(where: { $0.buyer == buyer && $0.state.isLive }) else {
        return all.append((offset, buyer, .waiting))
      }
      if all[live].state == .away { all[live].state = .waiting }
    case .leave(let buyer):
      for index in all.indices where all[index].buyer == buyer && all[index].state.isLive {
        all[index].state = all[index].state == .admitted ? .done : .left
      }
    case .revoke(let buyer):
      revoked.insert(buyer)
      for index in all.indices where all[index].buyer == buyer && all[index].state.isLive {
        all[index].state = .revoked
      }
    case .alive(let places): move(places, from: [.away], to: .waiting)
    case .away(let places): if isOwners { move(places, from: [.waiting], to: .away) }
    case .admit(let places): if isOwners { move(places, from: [.waiting], to: .admitted) }
    case .expire(let places): if isOwners { move(places, from: [.waiting, .away, .admitted], to: .expired) }
    case .pause, .resume, .rate, .beacon, .close, .draw: break
    }
  }

  private mutating func move(_ places: [Offset], from: [Room.State], to state: Room.State) {
    for index in all.indices where places.contains(all[index].offset) && from.contains(all[index].state) {
      all[index].state = state
    }
  }
}
