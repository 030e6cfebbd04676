import ArgumentParser
import Foundation
import Hummingbird

/// `bench echo`: the bare web framework, decoding the same JSON and sending it back.
struct EchoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "echo", abstract: "Serve a Hummingbird route that decodes an order and echoes it.")

  @Option(help: "The port on 127.0.0.1.")
  var port: Int

  /// The body of an order.
  private struct Order: Codable, ResponseEncodable {
    let sku: String
    let quantity: Int
  }

  func run() async throws {
    let router = Router()
    router.post("/v1/sales/:sale/orders") { request, context in
      try await request.decode(as: Order.self, context: context)
    }
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
    try await application.runService()
  }
}
