internal import FlashSale
internal import HTTPServing
internal import Time

/// The token that an order shows for a sale with a waiting room, as far as its bytes tell.
enum ShownToken {
  case none
  case malformed
  case read(RoomToken)

  /// The field's name.
  static let field = "X-Room-Token"

  /// Reads the field's value; any bytes are allowed.
  init(_ text: UnsafeRawBufferPointer?) {
    guard let text else {
      self = .none
      return
    }
    self = RoomToken(text: text).map { .read($0) } ?? .malformed
  }

  init(_ text: String?) {
    guard var text else {
      self = .none
      return
    }
    self = text.withUTF8 { ShownToken(UnsafeRawBufferPointer($0)) }
  }
}

extension OrderHead {
  /// Why an order of this sale, which has a waiting room, is not taken; `nil`: its token counts.
  func roomRefusal(_ signer: RoomTokenSigner?, _ ended: EndedPlaces, now: Timestamp) -> Problem? {
    switch token {
    case .none: return .roomRequired
    case .malformed: return .tokenInvalid(RoomToken.Fault.malformed.rawValue)
    case .read(let token):
      guard let signer else { return .tokenInvalid(RoomToken.Fault.forged.rawValue) }
      if let fault = signer.fault(of: token, for: buyer, in: sale.number, at: now) {
        return .tokenInvalid(fault.rawValue)
      }
      return ended.contains(token.place, of: sale.number) ? .tokenInvalid("was revoked, or its buyer is done") : nil
    }
  }
}
