internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import SaleStore

/// Does what a person asks for one order, for the admin API and for the order's page, with a line of the admin log.
/// Throws `Problem` for what the caller is told.
struct OrderDesk: Sendable {
  let desk: SaleDesk

  /// Writes a command into the log, and tells what the lane decided.
  func perform(
    _ request: OrderRequest, on order: OrderID, named name: CommandName, why: String, by visit: Visit
  ) async throws -> CommandEffects {
    let actor = try visit.actor(reason: why)
    // What cannot be read is told by the command.
    let state = try? await desk.order(order).state
    return try await visit.logged(request.logged, "\(order)", from: state, to: request.words, why: why) {
      try await desk.command(order, request.command, named: name, by: actor)
    }
  }

  /// Has the webhooks of an order sent again that were given up.
  ///
  /// - Returns: how many there were.
  func resend(_ order: OrderID, why: String, by visit: Visit) async throws -> Int {
    _ = try await desk.order(order)
    return try await visit.logged(.webhookResent, "\(order)", to: "all of the order", why: why) {
      try await desk.asking("resend", changes: "dead letters may be sent again, now or later") { [store = desk.store] in
        try await store.resendDeadLetters(of: order)
      }
    }
  }
}
