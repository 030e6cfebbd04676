internal import FoundationEssentials
internal import NIOCore

/// A sale as `GET /v1/sales/{sale}` shows it.
struct Sale: Decodable, Equatable, Sendable {
  struct Item: Decodable, Equatable, Sendable {
    let sku: String
    let stock: Int
    /// What is left, as the intake believes. `nil` where the server does not tell.
    let left: Int?
  }

  let id: String
  /// `nil` where there is no limit.
  let perBuyerLimit: Int?
  let items: [Item]

  private enum CodingKeys: String, CodingKey {
    case id, items
    case perBuyerLimit = "per_buyer_limit"
  }
}

/// Asks one question on a connection of its own.
final class SaleReader: Requester {
  private let request: [UInt8]
  private let stripe: Stripe
  private let promise: EventLoopPromise<Sale>
  private var isAsked = false

  private init(_ request: [UInt8], stripe: Stripe) {
    self.request = request
    self.stripe = stripe
    promise = stripe.loop.makePromise()
  }

  /// - Returns: The sale. Fails with ``Unusable`` when it cannot be had, saying why.
  static func read(
    _ sale: String, target: Target, address: SocketAddress, loop: any EventLoop, timeout: TimeAmount
  ) -> EventLoopFuture<Sale> {
    loop.flatSubmit {
      let stripe = Stripe(loop: loop, address: address, pools: [1], timeout: timeout)
      let reader = SaleReader(RequestBytes.sale(sale, target: target), stripe: stripe)
      stripe.requester = reader
      stripe.openAll().assumeIsolated().whenSuccess { open in
        if open == 0 { reader.promise.fail(Unusable("cannot connect to \(target.authority)")) }
      }
      reader.promise.futureResult.assumeIsolated().whenComplete { _ in stripe.close() }
      return reader.promise.futureResult
    }
  }

  func connectionIsFree(at now: NIODeadline) {
    guard !isAsked else { return }
    isAsked = true
    stripe.send(Flight(number: 0, scheduled: now, sent: now)) { $0.writeBytes(request) }
  }

  func answered(_ flight: Flight, _ answer: AnswerHead, body: borrowing Span<UInt8>, at now: NIODeadline) {
    guard answer.status == 200 else {
      let code = FlatJSON.string("code", in: body).map { " (\(body.text(at: $0)))" } ?? ""
      return promise.fail(Unusable("the server answers \(answer.status)\(code) when asked for the sale"))
    }
    do {
      let sale = try JSONDecoder().decode(Sale.self, from: Data(body.text(at: body.indices).utf8))
      guard (1...Limits.skus).contains(sale.items.count) else {
        return promise.fail(Unusable("the sale has \(sale.items.count) SKUs, not 1 to \(Limits.skus)"))
      }
      promise.succeed(sale)
    } catch {
      promise.fail(Unusable("the server's description of the sale cannot be read"))
    }
  }

  func unanswered(_ flight: Flight, _ why: Unanswered, at now: NIODeadline) {
    promise.fail(Unusable("no answer when asked for the sale: \(why.rawValue)"))
  }

  func swept(at now: NIODeadline) {}
}
