import ArgumentParser
import FlashSale
import Foundation

/// `penstock room …`: what an operator does with a sale's waiting room, through the admin API.
struct RoomCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "room",
    abstract: "Pause, resume and pace a sale's waiting room, and take buyers out of it.",
    discussion: """
      Reads PENSTOCK_ADMIN_URL (default http://127.0.0.1:8081) and PENSTOCK_ADMIN_TOKEN. Every intake hears of a change
      within a second.

      Exit codes: as penstock sale.
      """.flowing,
    subcommands: [Pause.self, Resume.self, Rate.self, Revoke.self, Beacon.self])

  struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "pause", abstract: "Let nobody in until it is resumed.",
      discussion: "Example:\n  penstock room pause double11")

    @Argument(help: "The sale's id.", transform: { try SaleID(validating: $0) })
    var sale: SaleID
    @OptionGroup var why: Why

    func run() async throws { try await RoomCommand.change(sale, "pause", why) }
  }

  struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resume", abstract: "Let buyers in again.",
      discussion: "Example:\n  penstock room resume double11")

    @Argument(help: "The sale's id.", transform: { try SaleID(validating: $0) })
    var sale: SaleID
    @OptionGroup var why: Why

    func run() async throws { try await RoomCommand.change(sale, "resume", why) }
  }

  struct Rate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rate", abstract: "Let so many buyers in per minute.",
      discussion: "Example:\n  penstock room rate double11 600")

    @Argument(help: "The sale's id.", transform: { try SaleID(validating: $0) })
    var sale: SaleID

    @Argument(help: "Admissions per minute: 1 to \(FlashSale.Limits.roomRate).")
    var perMinute: Int32
    @OptionGroup var why: Why

    func run() async throws { try await RoomCommand.change(sale, "rate", why, ["rate_per_minute": perMinute]) }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke", abstract: "Take a buyer's place and token away for good.",
      discussion: "Example:\n  penstock room revoke double11 alice --reason \"sells her places\"")

    @Argument(help: "The sale's id.", transform: { try SaleID(validating: $0) })
    var sale: SaleID

    @Argument(help: "The buyer, as in X-Buyer-Id.")
    var buyer: String
    @OptionGroup var why: Why

    func run() async throws { try await RoomCommand.change(sale, "revoke", why, ["buyer": buyer]) }
  }

  struct Beacon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "beacon", abstract: "Tell what the beacon said that a lottery is drawn by.",
      discussion: """
        For a beacon with a known_at, once that has passed. The first value that is told stands, and is published.

        Example:
          penstock room beacon double11 "DAX closing price" 23811.40
        """.flowing)

    @Argument(help: "The sale's id.", transform: { try SaleID(validating: $0) })
    var sale: SaleID

    @Argument(help: "The beacon's name in the sale.")
    var name: String

    @Argument(help: "The value, exactly as everybody can look it up.")
    var value: String
    @OptionGroup var why: Why

    func run() async throws { try await RoomCommand.change(sale, "beacon", why, ["name": name, "value": value]) }
  }

  fileprivate static func change(
    _ sale: SaleID, _ what: String, _ why: Why, _ fields: [String: Any] = [:]
  ) async throws {
    try await reporting {
      var fields = fields
      if let reason = why.reason { fields["reason"] = reason }
      let body = fields.isEmpty ? nil : try JSONSerialization.data(withJSONObject: fields)
      let path = "/admin/api/sales/\(sale)/room/\(what)"
      try StandardOutput.write(line: pretty(try await AdminClient(environment).call("POST", path, body: body)))
    }
  }
}
