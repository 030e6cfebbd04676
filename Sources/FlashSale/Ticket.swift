import Crypto
import FoundationEssentials

/// A buyer's place in line: where in the log their request stands, signed so that a forged one is refused.
///
/// Text form: base64url (RFC 4648 §5, no padding) of 44 bytes, partition (4, big-endian), offset (8, big-endian) and
/// HMAC-SHA256 (32) over these, the order id and the buyer. So a ticket is worth nothing to another buyer or for
/// another order, and no table is needed to check it.
public struct Ticket: Hashable, Sendable {
  /// Where the request stands.
  public var position: LogPosition

  /// Creates a ticket for a position that the log acknowledged.
  public init(_ position: LogPosition) { self.position = position }
}

/// Signs and checks tickets. Safe to share between threads: it is a value without state.
public struct TicketSigner: Sendable {
  private let keys: [SymmetricKey]

  /// A signer over 1 to `Limits.ticketKeys` secrets: the first one signs, all of them verify (key rotation).
  ///
  /// A secret has 16 bytes or more.
  public init(secrets: [[UInt8]]) throws(ValidationError) {
    guard (1...Limits.ticketKeys).contains(secrets.count) else {
      throw ValidationError("ticket key", "must be 1 to \(Limits.ticketKeys) keys")
    }
    guard secrets.allSatisfy({ $0.count >= 16 }) else {
      throw ValidationError("ticket key", "must have 16 bytes or more")
    }
    keys = secrets.map { SymmetricKey(data: $0) }
  }

  /// The ticket's text form, for this order and buyer only.
  public func sign(_ ticket: Ticket, order: OrderID, buyer: BuyerID) -> String {
    let place = Self.place(of: ticket)
    var bytes = place
    mac(place, order, buyer, key: keys[0]).withUnsafeBytes { bytes.append(contentsOf: $0) }
    return Base64URL.encode(bytes)
  }

  /// The ticket that `text` stands for, or `nil` unless one of the keys signed it for this order and buyer.
  public func verify(_ text: String, order: OrderID, buyer: BuyerID) -> Ticket? {
    guard let bytes = Base64URL.decode(text, count: Self.placeBytes + SHA256.byteCount) else { return nil }
    let place = Array(bytes.prefix(Self.placeBytes))
    let code = bytes.dropFirst(Self.placeBytes)
    // The comparison of a message authentication code takes the same time wherever they differ.
    guard keys.contains(where: { mac(place, order, buyer, key: $0) == Data(code) }) else { return nil }
    let partition = place.prefix(4).reduce(0) { $0 << 8 | Int32($1) }
    let offset = place.dropFirst(4).reduce(0) { $0 << 8 | Int64($1) }
    return Ticket(LogPosition(partition: Partition(partition), offset: Offset(offset)))
  }

  private static let placeBytes = 12

  private static func place(of ticket: Ticket) -> [UInt8] {
    withUnsafeBytes(of: ticket.position.partition.rawValue.bigEndian, Array.init)
      + withUnsafeBytes(of: ticket.position.offset.rawValue.bigEndian, Array.init)
  }

  private func mac(
    _ place: [UInt8], _ order: OrderID, _ buyer: BuyerID, key: SymmetricKey
  ) -> HMAC<SHA256>.MAC {
    var hmac = HMAC<SHA256>(key: key)
    hmac.update(data: place)
    withUnsafeBytes(of: (order.high.bigEndian, order.low.bigEndian)) { hmac.update(data: $0) }
    var buyer = buyer.rawValue
    buyer.withUTF8 { hmac.update(data: UnsafeRawBufferPointer($0)) }
    return hmac.finalize()
  }
}
