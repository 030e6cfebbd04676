import ArgumentParser
import FlashSale
import Foundation

/// `penstock sale …`: what an operator does with sales, through the admin API.
struct SaleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sale",
    abstract: "Create, list, show, close and change sales, through the admin API.",
    discussion: """
      Reads PENSTOCK_ADMIN_URL (default http://127.0.0.1:8081) and PENSTOCK_ADMIN_TOKEN.

      Exit codes: 0 done; 1 refused (it exists, it is invalid, there is none, the token is wrong), or it waits for a
      second person; 66 the file cannot be read; 69 no answer or no decision of the lane within 30 s, or not the admin
      API's; 78 configuration.
      """.flowing,
    subcommands: [
      Create.self, List.self, Show.self, Close.self, Restock.self, Reduce.self, Reopen.self, Change.self,
    ])

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create", abstract: "Put a sale up.",
      discussion: """
        Examples:
          penstock sale create --file double11.json
          penstock sale create --file - <<'JSON'
          {"id": "s1", "name": "First", "per_buyer_limit": 1,
           "starts_at": "2026-11-11T00:00:00+08:00",
           "ends_at": "2026-11-12T00:00:00+08:00",
           "items": [{"sku": "phone", "stock": 1000,
                      "price_minor": 199900, "currency": "CNY"}]}
          JSON
        """.flowing)

    @Option(help: "The sale as JSON; - reads standard input.")
    var file: String

    func run() async throws {
      try await reporting {
        let data = try InputFile.read(file == "-" ? "/dev/stdin" : file, upTo: Limits.saleFileBytes)
        let answer = try await AdminClient(environment).call("POST", "/admin/api/sales", body: data)
        try StandardOutput.write(line: pretty(answer))
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List all sales, the newest first.", discussion: "Example:\n  penstock sale list")

    func run() async throws {
      try await reporting {
        try StandardOutput.write(line: pretty(try await AdminClient(environment).call("GET", "/admin/api/sales")))
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Show one sale with what is left of it.", discussion: "Example:\n  penstock sale show double11")

    @Argument(help: "The sale's id.", transform: { try SaleID(validating: $0) })
    var sale: SaleID

    func run() async throws {
      try await reporting {
        let path = "/admin/api/sales/\(sale)"
        try StandardOutput.write(line: pretty(try await AdminClient(environment).call("GET", path)))
      }
    }
  }

  struct Close: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "close", abstract: "Close a sale before its end.",
      usage: "penstock sale close [<options>] <sale>",
      discussion: """
        Requests accepted before the close are still decided, in their order. Closing twice is fine.

        Example:
          penstock sale close double11 --reason "the supplier called"
        """.flowing)

    @Argument(help: "The sale's id.", transform: { try SaleID(validating: $0) })
    var sale: SaleID
    @Option(help: "Why; kept in the history.") var reason: String?
    @OptionGroup var naming: Naming

    func run() async throws {
      try await naming.send("POST", "/admin/api/sales/\(sale)/close", reason.map { ["reason": $0] } ?? [:])
    }
  }
}

/// JSON formatted for people; anything else as it is.
func pretty(_ data: Data) -> String {
  guard
    let object = try? JSONSerialization.jsonObject(with: data),
    let laidOut = try? JSONSerialization.data(
      withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
  else { return String(decoding: data, as: UTF8.self) }
  return String(decoding: laidOut, as: UTF8.self)
}
