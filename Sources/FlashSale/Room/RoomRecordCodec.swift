internal import FoundationEssentials
import SwiftProtobuf
internal import Time

extension RoomRecord {
  private static let schema: UInt32 = 1

  /// The record's bytes (`proto/penstock/log/v1/room.proto`): at most `Limits.roomRecordBytes`.
  public func encoded() -> [UInt8] {
    var wire = WireRoomRecord()
    wire.schema = Self.schema
    wire.sale = UInt32(bitPattern: sale.rawValue)
    wire.atUs = UInt64(bitPattern: at.microseconds)
    wire.epoch = UInt64(bitPattern: epoch.rawValue)
    wire.command = command.wire
    if case .join(_, let byLot, let isLate) = command { (wire.byLot, wire.isLate) = (byLot, isLate) }
    do {
      return try wire.serializedBytes()
    } catch {
      // proto3 has no required fields, the only thing that encoding fails on; the strings are valid by their types.
      preconditionFailure("a record could not be encoded: \(error)")
    }
  }

  /// The record that `value` holds; `nil` for bytes that no version up to this one writes. Any bytes are allowed.
  public init?(decoding value: UnsafeRawBufferPointer?) {
    guard let value, value.count <= Limits.roomRecordBytes,
      let wire = try? WireRoomRecord(serializedBytes: Array(value)), wire.schema == Self.schema,
      let command = wire.command.flatMap({ Command($0, byLot: wire.byLot, isLate: wire.isLate) }),
      Int64(exactly: wire.epoch) != nil
    else { return nil }
    self.init(
      sale: SaleNumber(rawValue: Int32(bitPattern: wire.sale)),
      at: Timestamp(microseconds: Int64(bitPattern: wire.atUs)), epoch: Epoch(rawValue: Int64(wire.epoch)), command)
  }
}

extension RoomRecord.Command {
  fileprivate var wire: WireRoomRecord.OneOf_Command {
    switch self {
    case .join(let buyer, _, _): .join(buyer.rawValue)
    case .leave(let buyer): .leave(buyer.rawValue)
    case .revoke(let buyer): .revoke(buyer.rawValue)
    case .alive(let places): .alive(WireRoomPlaces(places))
    case .away(let places): .away(WireRoomPlaces(places))
    case .expire(let places): .expire(WireRoomPlaces(places))
    case .admit(let places): .admit(WireRoomPlaces(places))
    case .own: .own(true)
    case .pause: .pause(true)
    case .resume: .resume(true)
    case .close: .close(true)
    case .rate(let rate): .rate(UInt32(bitPattern: rate))
    case .beacon(let name, let value): .beacon(WireRoomBeacon(name, value))
    case .draw(let drawn): .draw(WireRoomDraw(drawn))
    case .forget: .forget(true)
    }
  }

  fileprivate init?(_ wire: WireRoomRecord.OneOf_Command, byLot: Bool, isLate: Bool) {
    switch wire {
    case .join(let buyer): self.init(buyer) { .join($0, byLot: byLot, isLate: isLate) }
    case .leave(let buyer): self.init(buyer, Self.leave)
    case .revoke(let buyer): self.init(buyer, Self.revoke)
    case .alive(let places): self.init(places, Self.alive)
    case .away(let places): self.init(places, Self.away)
    case .expire(let places): self.init(places, Self.expire)
    case .admit(let places): self.init(places, Self.admit)
    case .own: self = .own
    case .pause: self = .pause
    case .resume: self = .resume
    case .close: self = .close
    case .forget: self = .forget
    case .rate(let rate):
      guard let rate = Int32(exactly: rate), RoomRule.rates.contains(rate) else { return nil }
      self = .rate(rate)
    case .beacon(let beacon):
      guard (1...Limits.beaconValueBytes).contains(beacon.value.utf8.count),
        (1...Limits.beaconNameBytes).contains(beacon.name.utf8.count)
      else { return nil }
      self = .beacon(name: beacon.name, value: beacon.value)
    case .draw(let drawn):
      guard drawn.secret.count == Draw.secretBytes, drawn.value.utf8.count <= Limits.beaconValueBytes else {
        return nil
      }
      self = .draw(
        RoomRecord.Drawn(
          secret: Array(drawn.secret), value: drawn.value, round: drawn.round, isFallback: drawn.isFallback,
          signature: drawn.signature))
    }
  }

  private init?(_ buyer: String, _ make: (BuyerID) -> Self) {
    guard let buyer = BuyerID(rawValue: buyer) else { return nil }
    self = make(buyer)
  }

  private init?(_ wire: WireRoomPlaces, _ make: ([Offset]) -> Self) {
    guard wire.steps.count <= Limits.roomPlacesPerRecord else { return nil }
    var places: [Offset] = []
    places.reserveCapacity(wire.steps.count)
    var last: Int64 = 0
    for step in wire.steps {
      // Zigzag: an admission by lot goes back and forth.
      let (place, isOver) = last.addingReportingOverflow(Int64(bitPattern: step >> 1) ^ -Int64(bitPattern: step & 1))
      guard !isOver, place >= 0 else { return nil }
      places.append(Offset(place))
      last = place
    }
    self = make(places)
  }
}

extension WireRoomPlaces {
  fileprivate init(_ places: [Offset]) {
    self.init()
    steps.reserveCapacity(places.count)
    var last: Int64 = 0
    for place in places {
      let step = place.rawValue &- last
      steps.append(UInt64(bitPattern: step << 1 ^ step >> 63))
      last = place.rawValue
    }
  }
}

extension WireRoomBeacon {
  fileprivate init(_ name: String, _ value: String) {
    self.init()
    (self.name, self.value) = (name, value)
  }
}

extension WireRoomDraw {
  fileprivate init(_ drawn: RoomRecord.Drawn) {
    self.init()
    secret = .init(drawn.secret)
    value = drawn.value
    round = drawn.round
    isFallback = drawn.isFallback
    signature = drawn.signature
  }
}
