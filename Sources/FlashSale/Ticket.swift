import Crypto
import FoundationEssentials
public import LogPositions
import Secrets

/// A buyer's place in line: where in the log their request stands, signed so that a forged one is refused.
///
/// Text form: base64url (RFC 4648 §5, no padding) of 44 bytes, partition (4, big-endian), offset (8, big-endian) and
/// HMAC-SHA256 (32) over these, the order id and the buyer. So a ticket is worth nothing to another buyer or for
/// another order, and no table is needed to check it.
public struct Ticket: Hashable, Sendable {
  /// Where the request stands.
  public var position: LogPosition

  /// Bytes of the text form.
  public static let textBytes = Base64URL.length(of: signedBytes)

  /// Partition and offset.
  fileprivate static let placeBytes = 12
  fileprivate static let signedBytes = placeBytes + SHA256.byteCount

  /// The place that a ticket's text names, whoever signed it: for people who may see every order anyway. `nil`: it is
  /// no ticket.
  public static func place(of text: String) -> LogPosition? {
    guard text.utf8.count == textBytes, let bytes = Base64URL.decode(text) else { return nil }
    let place = bytes.withUnsafeBytes { bytes in
      (
        Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)),
        Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: Int64.self))
      )
    }
    guard place.0 >= 0, place.1 >= 0 else { return nil }
    return LogPosition(partition: Partition(place.0), offset: Offset(place.1))
  }

  /// Creates a ticket for a position that the log acknowledged.
  public init(_ position: LogPosition) { self.position = position }
}

/// Signs and checks tickets. Safe to share between threads: it is a value without state.
public struct TicketSigner: Sendable {
  /// Each is prepared with its key, which is half the cost of a code over so few bytes.
  private let keyed: Secret<[HMAC<SHA256>]>

  /// A signer of proofs of work over the same secrets.
  public let proofs: ProofSigner

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
    keyed = Secret(secrets.map { HMAC(key: SymmetricKey(data: $0)) })
    proofs = ProofSigner(secrets: secrets)
  }

  /// The ticket's text form, for this order and buyer only.
  public func sign(_ ticket: Ticket, order: OrderID, buyer: BuyerID) -> String {
    String(unsafeUninitializedCapacity: Ticket.textBytes) { text in
      sign(ticket, order: order, buyer: buyer, into: UnsafeMutableRawBufferPointer(text))
      return Ticket.textBytes
    }
  }

  /// Writes the ticket's text form into the first `Ticket.textBytes` bytes of `text`, which must have them.
  public func sign(_ ticket: Ticket, order: OrderID, buyer: BuyerID, into text: UnsafeMutableRawBufferPointer) {
    withUnsafeTemporaryAllocation(byteCount: Ticket.signedBytes, alignment: 1) { bytes in
      let (partition, offset) = (ticket.position.partition.rawValue, ticket.position.offset.rawValue)
      bytes.storeBytes(of: partition.bigEndian, as: Int32.self)
      bytes.storeBytes(of: offset.bigEndian, toByteOffset: 4, as: Int64.self)
      let place = UnsafeRawBufferPointer(rebasing: bytes[..<Ticket.placeBytes])
      code(over: place, order, buyer, keyed.value[0]).withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: bytes[Ticket.placeBytes...]).copyMemory(from: $0)
      }
      Base64URL.encode(UnsafeRawBufferPointer(bytes), into: text)
    }
  }

  /// The ticket that `text` stands for, or `nil` unless one of the keys signed it for this order and buyer.
  public func verify(_ text: String, order: OrderID, buyer: BuyerID) -> Ticket? {
    var text = text
    return text.withUTF8 { verify(UnsafeRawBufferPointer($0), order: order, buyer: buyer) }
  }

  /// The same from the text's bytes; any bytes are allowed.
  public func verify(_ text: UnsafeRawBufferPointer, order: OrderID, buyer: BuyerID) -> Ticket? {
    withUnsafeTemporaryAllocation(byteCount: Ticket.signedBytes, alignment: 1) { bytes in
      guard Base64URL.decode(text, into: bytes) else { return nil }
      let place = UnsafeRawBufferPointer(rebasing: bytes[..<Ticket.placeBytes])
      let claimed = Data(bytes[Ticket.placeBytes...])
      // The comparison of a message authentication code takes the same time wherever they differ.
      guard keyed.value.contains(where: { code(over: place, order, buyer, $0) == claimed }) else { return nil }
      let partition = Int32(bigEndian: place.loadUnaligned(as: Int32.self))
      let offset = Int64(bigEndian: place.loadUnaligned(fromByteOffset: 4, as: Int64.self))
      return Ticket(LogPosition(partition: Partition(partition), offset: Offset(offset)))
    }
  }

  private func code(
    over place: UnsafeRawBufferPointer, _ order: OrderID, _ buyer: BuyerID, _ keyed: HMAC<SHA256>
  ) -> HMAC<SHA256>.MAC {
    var buyer = buyer.rawValue
    return buyer.withUTF8 { buyer in
      // In one piece, because each update costs something.
      withUnsafeTemporaryAllocation(byteCount: place.count + 16 + buyer.count, alignment: 1) { message in
        message.copyMemory(from: place)
        message.storeBytes(of: order.high.bigEndian, toByteOffset: place.count, as: UInt64.self)
        message.storeBytes(of: order.low.bigEndian, toByteOffset: place.count + 8, as: UInt64.self)
        UnsafeMutableRawBufferPointer(rebasing: message[(place.count + 16)...])
          .copyMemory(from: UnsafeRawBufferPointer(buyer))
        var hmac = keyed
        hmac.update(data: UnsafeRawBufferPointer(message))
        return hmac.finalize()
      }
    }
  }
}
