internal import FlashSale
internal import HTTPServing
internal import Time

// What intake has to say about waiting rooms.

extension Problem {
  static let roomRequired = Problem(
    .roomRequired, detail: "Join with POST /v1/sales/{sale}/room, and send the token as X-Room-Token.",
    field: ShownToken.field)

  static func tokenInvalid(_ reason: String) -> Problem {
    Problem(.tokenInvalid, detail: "\(ShownToken.field) \(reason).", field: ShownToken.field)
  }

  static let roomNotFound = Problem(.roomNotFound, detail: "Orders of this sale need no token.")

  static let drawNotFound = Problem(.roomNotFound, detail: "The waiting room of this sale draws no lots.")

  /// The room was forgotten, or the topic has lost its records, or nobody joined it.
  static let drawForgotten = Problem(
    .ended, detail: "The draw is not kept any more. A saved copy can be checked: penstock draw verify FILE.")

  static let placeNotFound = Problem(.placeNotFound, detail: "Join with POST /v1/sales/{sale}/room.")

  static var roomFull: Problem { .busy("The waiting room is full.") }

  static let revoked = Problem(.tokenInvalid, detail: "The shop has taken this buyer's place away.")

  /// The join may be in the topic (I12).
  static var joinUnknown: Problem {
    Problem(.outcomeUnknown, detail: "The place may be taken. Joining again is safe: it stays one place.")
      .with { $0.retryAfterMilliseconds = Int.random(in: Limits.retryAfterMilliseconds) }
  }
}
