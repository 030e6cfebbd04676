public import Time

/// One record of the waiting-room topic: something that changes a sale's waiting room.
public struct RoomRecord: Hashable, Sendable {
  public enum Command: Hashable, Sendable {
    // What buyers do, as an intake says.

    /// The record's offset is the place, if the buyer has none yet. The room's first one says whether the room draws
    /// lots, and each whether the doors were open by the writer's clock. So a reader of the topic needs nothing
    /// else.
    case join(BuyerID, byLot: Bool, isLate: Bool = false)
    /// Who waits gives the place up; who is inside is done.
    case leave(BuyerID)
    /// These places showed a sign of life; ascending, at most `Limits.roomPlacesPerRecord`, as are all lists of places.
    case alive([Offset])

    // What the admin does.

    case pause, resume
    /// Admissions per minute from here on.
    case rate(Int32)
    /// The buyer's place counts for nothing from here on, and she gets no other.
    case revoke(BuyerID)
    /// What a beacon said that is told by a person.
    case beacon(name: String, value: String)

    // What the rooms' owner decides. Counts only from the last one that took over.

    /// Takes over: the owner of this epoch decides from here on.
    case own
    /// These showed no sign of life for too long: they are passed over.
    case away([Offset])
    /// These lose their place: away for too long, or inside for too long.
    case expire([Offset])
    /// These are let in, in this order.
    case admit([Offset])
    /// A lottery's entries end here.
    case close
    /// The lot is drawn.
    case draw(Drawn)
    /// The sale is long over: nothing is kept of its room.
    case forget
  }

  /// What the order of a lottery was drawn by.
  public struct Drawn: Hashable, Sendable {
    /// What was committed to when the sale was created: 32 bytes.
    public var secret: [UInt8]
    /// What the beacon said.
    public var value: String
    /// Which round that was; 0 for a beacon that is told.
    public var round: UInt64
    /// Whether it is the fallback's value.
    public var isFallback: Bool
    /// What the beacon's value was made from, if it said so.
    public var signature: String

    public init(secret: [UInt8], value: String, round: UInt64, isFallback: Bool, signature: String = "") {
      self.secret = secret
      self.value = value
      self.round = round
      self.isFallback = isFallback
      self.signature = signature
    }
  }

  /// Which sale's room; of `own`, all of them.
  public var sale: SaleNumber

  /// By the clock of whoever wrote it.
  public var at: Timestamp

  /// The owner's; 0 for whoever else writes.
  public var epoch: Epoch

  public var command: Command

  public init(sale: SaleNumber, at: Timestamp, epoch: Epoch = Epoch(rawValue: 0), _ command: Command) {
    self.sale = sale
    self.at = at
    self.epoch = epoch
    self.command = command
  }
}

extension RoomRecord.Command {
  /// Whether only the rooms' owner may say it.
  var isOwners: Bool {
    switch self {
    case .own, .away, .expire, .admit, .close, .draw, .forget: true
    case .join, .leave, .alive, .pause, .resume, .rate, .revoke, .beacon: false
    }
  }
}
