import Admin
import ArgumentParser
import FlashSale
import Foundation

/// `penstock order …`: what became of orders, and what an operator does with them, through the admin API.
struct OrderCommands: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "order",
    abstract: "Show an order's history, find orders, and do something with them, through the admin API.",
    discussion: """
      Reads PENSTOCK_ADMIN_URL (default http://127.0.0.1:8081) and PENSTOCK_ADMIN_TOKEN.

      What changes an order goes through the log, and ends with the lane's decision.

      Exit codes: 0 done; 1 refused (there is none, the token is wrong, the lane says no); 69 no answer or no decision
      of the lane within 30 s (find: 60 s), or not the admin API's; 78 configuration.
      """.flowing,
    subcommands: [
      Show.self, Find.self, OrderChanges.Cancel.self, OrderChanges.Refund.self,
      OrderChanges.Extend.self, OrderChanges.Release.self,
    ])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Show every record that touched an order: where, when, by whom, and what it did.",
      discussion: """
        A further record of the order's own request, as a client's retry writes one, changes nothing and is not shown:
        the sale's report counts those.

        Example:
          penstock order show 00000001-8a3f-8c21-9b1e-0123456789ab
        """.flowing)

    @Argument(
      help: "The order's id.",
      transform: { text in
        guard let id = OrderID(text) else { throw ValidationError("\(text.debugDescription) is no order id") }
        return id
      })
    var order: OrderID

    @Flag(help: "Print the admin API's JSON.")
    var json = false

    func run() async throws {
      try await reporting {
        let data = try await AdminClient(environment).call("GET", "/admin/api/orders/\(order)")
        if json { return try StandardOutput.write(line: pretty(data)) }
        try StandardOutput.write(OrderText.text(try JSONDecoder().decode(OrderRecord.self, from: data)))
      }
    }
  }

  struct Find: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "find",
      abstract: "Find a buyer's orders in a sale.",
      discussion: """
        What she has won and what she waits for is found at once. Her refusals are in no index: with --refused, all
        orders of the sale are read for them, page by page.

        Example:
          penstock order find --buyer alice --sale double11
        """.flowing)

    @Option(help: "The buyer's id.", transform: { try BuyerID(validating: $0) })
    var buyer: BuyerID

    @Option(help: "The sale's id.", transform: { try SaleID(validating: $0) })
    var sale: SaleID

    @Flag(help: "Find her refusals too.")
    var refused = false

    @Flag(help: "Print the admin API's JSON, a line for each page.")
    var json = false

    func run() async throws {
      try await reporting {
        let client = try AdminClient(environment)
        var cursor: String?
        var found = 0
        repeat {
          let data = try await client.call("GET", path(after: cursor), within: Limits.adminReport)
          let page = try JSONDecoder().decode(FoundOrders.self, from: data)
          cursor = page.next
          found += page.orders.count
          if json {
            try StandardOutput.write(line: pretty(data))
          } else if !page.orders.isEmpty || (found == 0 && cursor == nil) {
            try StandardOutput.write(OrderText.text(page))
          }
        } while cursor != nil
      }
    }

    private func path(after cursor: String?) -> String {
      var query = URLComponents()
      query.queryItems = [
        URLQueryItem(name: "buyer", value: buyer.rawValue), URLQueryItem(name: "refused", value: "\(refused)"),
      ]
      if let cursor { query.queryItems?.append(URLQueryItem(name: "cursor", value: cursor)) }
      // A plus sign means a space to who reads a query as a form.
      let text = (query.percentEncodedQuery ?? "").replacingOccurrences(of: "+", with: "%2B")
      return "/admin/api/sales/\(sale)/orders?\(text)"
    }
  }
}
