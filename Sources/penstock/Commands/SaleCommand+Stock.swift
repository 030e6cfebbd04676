import ArgumentParser
import FlashSale
import Foundation
import Time

// What changes the stock or the rules of a sale that runs: each through the log, with a name and a reason.

extension SaleCommand {
  struct Restock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "restock", abstract: "Put more units of a SKU up.",
      discussion: """
        Those who wait for it get them first. Ends with the lane's decision, or with 69 if there is none in 30 s.

        Example:
          penstock sale restock double11 phone 500 --reason "second delivery"
        """.flowing)

    @OptionGroup var stock: StockArguments
    @Argument(help: "Units more: 1 to \(FlashSale.Limits.stockUnits).") var units: Int32
    @OptionGroup var saying: Saying

    func run() async throws { try await stock.send("restock", ["units": units], saying) }
  }

  struct Reduce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reduce", abstract: "Take units of a SKU back that are left.",
      discussion: """
        What is sold or held stays: if less is left, nothing is changed.

        Example:
          penstock sale reduce double11 phone 20 --reason "damaged"
        """.flowing)

    @OptionGroup var stock: StockArguments
    @Argument(help: "Units less: 1 to \(FlashSale.Limits.stockUnits).") var units: Int32
    @OptionGroup var saying: Saying

    func run() async throws { try await stock.send("reduce", ["units": units], saying) }
  }

  struct Reopen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reopen", abstract: "Sell a SKU again that was closed.",
      discussion: "Example:\n  penstock sale reopen double11 phone --reason \"closed by mistake\"")

    @OptionGroup var stock: StockArguments
    @OptionGroup var saying: Saying

    func run() async throws { try await stock.send("reopen", [:], saying) }
  }

  struct Change: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "change", abstract: "Change the window, the limit or the prices of a sale.",
      discussion: """
        What is won already stays as it was won, and at its price.

        Examples:
          penstock sale change double11 --ends-at 2026-11-12T02:00:00+08:00 --reason "an hour more"
          penstock sale change double11 --price phone=179900 --reason "a voucher for all"
        """.flowing)

    @Argument(help: "The sale's id.", transform: { try SaleID(validating: $0) })
    var sale: SaleID
    @Option(help: "The first instant of the sale, RFC 3339.") var startsAt: String?
    @Option(help: "The first instant after it, RFC 3339.") var endsAt: String?
    @Option(help: "The most units that one buyer gets.") var perBuyerLimit: Int32?
    @Option(help: "SKU=AMOUNT in minor units; once for each SKU.") var price: [String] = []
    @OptionGroup var saying: Saying

    func run() async throws {
      var body: [String: Any] = [:]
      body["starts_at"] = startsAt
      body["ends_at"] = endsAt
      body["per_buyer_limit"] = perBuyerLimit
      if !price.isEmpty { body["prices"] = try prices() }
      try await saying.send("PATCH", "/admin/api/sales/\(sale)", body)
    }

    private func prices() throws -> [String: Int64] {
      var prices: [String: Int64] = [:]
      for text in price {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let minor = Int64(parts[1]), prices.updateValue(minor, forKey: String(parts[0])) == nil
        else { throw ValidationError("--price is SKU=AMOUNT with an amount in minor units, once for each SKU") }
      }
      return prices
    }
  }
}

/// Which SKU of which sale.
struct StockArguments: ParsableArguments {
  @Argument(help: "The sale's id.", transform: { try SaleID(validating: $0) })
  var sale: SaleID

  @Argument(help: "The SKU.", transform: { try SKU(validating: $0) })
  var sku: SKU

  func send(_ command: String, _ body: [String: Any], _ saying: Saying) async throws {
    try await saying.send("POST", "/admin/api/sales/\(sale)/items/\(sku)/\(command)", body)
  }
}

/// Who wants a change, and why, which the history keeps; and the change's name.
struct Saying: ParsableArguments {
  @Option(help: "Why; kept in the history.")
  var reason: String

  @OptionGroup var naming: Naming

  /// Sends a command and prints what came of it.
  func send(_ method: String, _ path: String, _ body: [String: Any]) async throws {
    try await naming.send(method, path, body.merging(["reason": reason]) { $1 })
  }
}

/// Who wants a change, and the change's name.
struct Naming: ParsableArguments {
  @Option(help: "Your name, for the history; by default the user's on this machine.")
  var by: String?

  @Option(
    name: [.customLong("idempotency-key"), .customLong("key")],
    help: "Its name, under which it is done once; by default a new one.")
  var idempotencyKey: String?

  /// Sends a command and prints what came of it. One that its lane has not decided is sent again under its key, and
  /// ends with 69 if it is not decided within `Limits.adminCall`.
  func send(_ method: String, _ path: String, _ body: [String: Any]) async throws {
    let key = idempotencyKey ?? UUID().uuidString
    try await reporting {
      let data = try JSONSerialization.data(withJSONObject: body)
      let headers = ["X-Admin-Name": by ?? NSUserName(), IdempotencyKey.field: key]
      let client = try AdminClient(environment)
      let end = ContinuousClock.now + Limits.adminCall
      while true {
        do {
          let answer = try await client.call(method, path, body: data, headers: headers)
          return try StandardOutput.write(line: pretty(answer))
        } catch let undone as Undone where undone.isQueued && .now < end {
          try await Task.sleep(for: Limits.queuedPause)
        } catch let failure where failureCode(of: failure) == UnknownChange.exitCode {
          throw UnknownChange(cause: failure, key: key)
        }
      }
    }
  }
}

/// A change that may be done or not.
struct UnknownChange: Error, CustomStringConvertible {
  let cause: any Error
  let key: String

  static let exitCode: Int32 = 69

  var description: String {
    "\(cause). If it may be done, send it again with --idempotency-key \(key): it is done once"
  }
}
