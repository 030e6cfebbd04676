import ArgumentParser
import FlashSale
import Foundation

/// `penstock order cancel`, `refund`, `extend` and `release`: what an operator does with orders. Each goes through the
/// log, and ends with the lane's decision.
enum OrderChanges {
  struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cancel", abstract: "Cancel an order, in part or whole.",
      discussion: """
        Its units are sold again, and what was paid for them is due to be paid back.

        Example:
          penstock order cancel 00000001-0000-8000-8000-000000000000 --units 1 \\
            --reason "not in stock"
        """.flowing)

    @Argument(help: "The order's id.", transform: OrderChanges.order) var order: OrderID
    @Option(help: "Units that are given back; by default all.") var units: Int32?
    @Option(help: "The line that is meant, of an order of several; by default the whole order.") var sku: String?
    @OptionGroup var saying: Saying

    func run() async throws {
      var body: [String: Any] = [:]
      body["units"] = units
      body["sku"] = sku
      try await OrderChanges.send(order, "cancel", body, saying)
    }
  }

  struct Refund: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "refund", abstract: "Note that money of a payment was paid back.",
      discussion: """
        It moves no money: the payment provider does. The amount is as people write it in the currency, as 1999.00 for
        CNY, 1999 for JPY, 1.999 for BHD.

        Example:
          penstock order refund 00000001-0000-8000-8000-000000000000 \\
            --payment pi_123 --amount 1999.00 --currency CNY --reason "paid twice"
        """.flowing)

    @Argument(help: "The order's id.", transform: OrderChanges.order) var order: OrderID
    @Option(help: "The provider's id of the payment.") var payment: String
    @Option(help: "What was paid back, as people write it.") var amount: String
    @Option(help: "The payment's currency, ISO 4217.") var currency: String
    @OptionGroup var saying: Saying

    func run() async throws {
      guard let minor = Currency.minor(amount, currency), minor > 0 else {
        let digits = Currency.exponent(of: currency)
        throw ValidationError("--amount is above 0, with at most \(digits) digits behind the point in \(currency)")
      }
      let body: [String: Any] = ["payment_id": payment, "amount_minor": minor, "currency": currency]
      try await OrderChanges.send(order, "refund", body, saying)
    }
  }

  struct Extend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "extend", abstract: "Give a buyer more time to pay.",
      discussion: """
        The hold ends later by as much as the sale says, and as often as it says in all.

        Example:
          penstock order extend 00000001-0000-8000-8000-000000000000 \\
            --reason "her bank is slow"
        """.flowing)

    @Argument(help: "The order's id.", transform: OrderChanges.order) var order: OrderID
    @OptionGroup var saying: Saying

    func run() async throws { try await OrderChanges.send(order, "extend", [:], saying) }
  }

  struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "release", abstract: "End a hold that is not paid, or take an order out of the waitlist.",
      discussion: """
        Its units go to who waits for them, or are sold again.

        Example:
          penstock order release 00000001-0000-8000-8000-000000000000 \\
            --reason "she called"
        """.flowing)

    @Argument(help: "The order's id.", transform: OrderChanges.order) var order: OrderID
    @OptionGroup var saying: Saying

    func run() async throws { try await OrderChanges.send(order, "release", [:], saying) }
  }

  private static func order(_ text: String) throws -> OrderID {
    guard let order = OrderID(text) else { throw ValidationError("an order's id is a UUID, as its 202 gave it") }
    return order
  }

  private static func send(
    _ order: OrderID, _ command: String, _ body: [String: Any], _ saying: Saying
  ) async throws {
    try await saying.send("POST", "/admin/api/orders/\(order)/\(command)", body)
  }
}
