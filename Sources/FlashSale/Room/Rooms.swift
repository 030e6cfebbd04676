/// All waiting rooms, as the records of the topic make them.
///
/// (1) An owner that was replaced changes nothing, whatever it believes: its records stand behind its successor's
///     `own`, with an older epoch. So all readers agree who was let in, without asking anyone.
/// (2) The newest epoch in any record of an owner counts. An `own` is written once, and the topic may keep it no
///     longer. A reader that begins behind it knows the owner by its other records.
/// (3) A room is there until its owner forgets it. If its sale is prolonged after that, a new one begins, for all
///     readers with the same record.
public struct Rooms: Sendable {
  private var rooms: [SaleNumber: Room] = [:]

  /// Of the last owner, as far as the records show; 0 before the first of them.
  public private(set) var epoch = Epoch(rawValue: 0)

  /// Records so far.
  public private(set) var records: Int64 = 0

  public init() {}

  /// The sales that have rooms.
  public var sales: [SaleNumber] { Array(rooms.keys) }

  public subscript(sale: SaleNumber) -> Room? { rooms[sale] }

  /// Applies the record at an offset. Offsets ascend.
  ///
  /// - Returns: places whose tokens count no more from here on.
  @discardableResult
  public mutating func apply(_ record: RoomRecord, at offset: Offset) -> [Offset] {
    records += 1
    if record.command.isOwners {
      guard record.epoch >= epoch else { return [] }
      epoch = record.epoch
    }
    switch record.command {
    case .own: return []
    case .forget:
      rooms[record.sale] = nil
      return []
    default: return rooms[record.sale, default: Room(sale: record.sale)].apply(record, at: offset)
    }
  }
}
