import ArgumentParser
import FlashSale
import Foundation

/// `penstock webhook …`: what an operator does with the shop's endpoints, through the admin API.
struct WebhookCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webhook",
    abstract: "Tell the shop's systems what becomes of orders.",
    discussion: """
      Reads PENSTOCK_ADMIN_URL (default http://127.0.0.1:8081) and PENSTOCK_ADMIN_TOKEN. What is sent, and how to check
      it, is in docs/events.md.

      Exit codes: as penstock sale; ping exits with 1 if the endpoint did not take it.
      """.flowing,
    subcommands: [
      Add.self, List.self, Rotate.self, Ping.self, DeadLetters.self, Resend.self, Disable.self, Enable.self,
      Remove.self,
    ])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Add an endpoint, and print its secret, once.",
      discussion: """
        Examples:
          penstock webhook add https://shop.example/penstock
          penstock webhook add https://shop.example/refunds --event refund_due --event refunded
        """.flowing)

    @Argument(help: "Where to send, http or https.")
    var url: String

    @Option(name: .customLong("event"), help: "A kind of event that it gets, again for each; by default all.")
    var events: [String] = []

    @Option(help: "The most requests on their way to it at once.")
    var concurrency: Int32 = FlashSale.Limits.webhookConcurrencyDefault

    func run() async throws {
      struct Body: Encodable {
        var url: String
        var events: [String]
        var concurrency: Int32
      }
      try await reporting {
        let body = try JSONEncoder().encode(Body(url: url, events: events, concurrency: concurrency))
        try await WebhookCommand.show("POST", "/admin/api/webhooks", body: body)
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the endpoints.", discussion: "Example:\n  penstock webhook list")

    func run() async throws { try await reporting { try await WebhookCommand.show("GET", "/admin/api/webhooks") } }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rotate", abstract: "Give an endpoint another secret, and print it, once.",
      discussion: """
        The one before signs too for a day, so that the shop can change over. Whoever has lost the new one rotates
        again: each of before has its day, at most 4 of them.

        Example:
          penstock webhook rotate 1
        """.flowing)

    @OptionGroup var endpoint: Endpoint

    func run() async throws { try await reporting { try await WebhookCommand.show("POST", endpoint.path("/rotate")) } }
  }

  struct Ping: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ping", abstract: "Send a test to an endpoint, and tell what it answered.",
      discussion: "Example:\n  penstock webhook ping 1")

    @OptionGroup var endpoint: Endpoint

    func run() async throws {
      struct Answer: Decodable {
        var delivered: Bool
      }
      try await reporting {
        let data = try await AdminClient(environment).call("POST", endpoint.path("/ping"))
        try StandardOutput.write(line: pretty(data))
        guard try JSONDecoder().decode(Answer.self, from: data).delivered else { throw ExitCode(1) }
      }
    }
  }

  struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "dead", abstract: "List what an endpoint did not take within a day.",
      discussion: "Example:\n  penstock webhook dead 1")

    @OptionGroup var endpoint: Endpoint

    func run() async throws {
      try await reporting { try await WebhookCommand.show("GET", endpoint.path("/dead-letters")) }
    }
  }

  struct Resend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resend", abstract: "Send again what an endpoint did not take within a day.",
      discussion: """
        Examples:
          penstock webhook resend 1
          penstock webhook resend 1 --delivery 812
        """.flowing)

    @OptionGroup var endpoint: Endpoint

    @Option(help: "Only this delivery, as penstock webhook dead lists it.")
    var delivery: Int64?

    func run() async throws {
      struct Body: Encodable {
        var delivery: String?
      }
      try await reporting {
        let body = try JSONEncoder().encode(Body(delivery: delivery.map { "\($0)" }))
        try await WebhookCommand.show("POST", endpoint.path("/resend"), body: body)
      }
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "disable", abstract: "Switch an endpoint off. What happens meanwhile is not kept for it.",
      discussion: "Example:\n  penstock webhook disable 1")

    @OptionGroup var endpoint: Endpoint

    func run() async throws { try await reporting { try await WebhookCommand.show("POST", endpoint.path("/disable")) } }
  }

  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "enable", abstract: "Switch an endpoint on again. What waited for it goes out at once.",
      discussion: "Example:\n  penstock webhook enable 1")

    @OptionGroup var endpoint: Endpoint

    func run() async throws { try await reporting { try await WebhookCommand.show("POST", endpoint.path("/enable")) } }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Remove an endpoint, with what waits for it and what it did not take.",
      discussion: "Example:\n  penstock webhook remove 1")

    @OptionGroup var endpoint: Endpoint

    func run() async throws { try await reporting { try await WebhookCommand.show("DELETE", endpoint.path("")) } }
  }

  /// Which endpoint.
  struct Endpoint: ParsableArguments {
    @Argument(help: "The endpoint's number, as penstock webhook list shows it.")
    var number: Int32

    func validate() throws {
      guard number >= 0 else { throw ArgumentParser.ValidationError("An endpoint's number is 0 or more.") }
    }

    func path(_ call: String) -> String { "/admin/api/webhooks/\(number)\(call)" }
  }

  fileprivate static func show(_ method: String, _ path: String, body: Data? = nil) async throws {
    try StandardOutput.write(line: pretty(try await AdminClient(environment).call(method, path, body: body)))
  }
}
