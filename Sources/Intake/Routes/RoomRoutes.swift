internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Time

/// The paths of the waiting rooms.
struct RoomRoutes: Sendable {
  let catalog: CurrentCatalog
  /// `nil`: this intake has no waiting rooms.
  let desk: RoomDesk?
  let recognition: SharedRecognition
  let limiter: RequestLimiter
  let proxies: TrustedProxies

  func add(to v1: RouterGroup<ListenerContext>) {
    v1.at("sales/{sale}/room", get: look, post: join, delete: leave)
    v1.at("sales/{sale}/draw", get: draw)
  }

  @Sendable private func join(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let (desk, sale, buyer) = try (presentDesk(), sale(context), recognition.caller(of: request, context).buyer)
    let admit = admission(.join, sale.joinPaces, sale, buyer, request, context)
    return .json(try await desk.join(sale, buyer, admit: admit).write)
  }

  @Sendable private func look(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let (desk, sale, buyer) = try (presentDesk(), sale(context), recognition.caller(of: request, context).buyer)
    return .json(try desk.look(sale, buyer).write)
  }

  @Sendable private func leave(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let (desk, sale, buyer) = try (presentDesk(), sale(context), recognition.caller(of: request, context).buyer)
    let admit = admission(.leave, SalePaces.leaving, sale, buyer, request, context)
    return .json(try await desk.leave(sale, buyer, admit: admit).write)
  }

  @Sendable private func draw(_ request: Request, _ context: ListenerContext) async throws -> Response {
    let (desk, sale) = try (presentDesk(), sale(context))
    let headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
    let body = ResponseBody(byteBuffer: try await desk.draw(sale))
    return Response(status: .ok, headers: headers, body: body)
  }

  /// Holds who joins and who leaves to a rate, so that nobody fills the room's topic.
  private func admission(
    _ purpose: RequestLimiter.Purpose, _ paces: SalePaces?, _ sale: CatalogSale, _ buyer: BuyerID, _ request: Request,
    _ context: ListenerContext
  ) -> () throws(Problem) -> Void {
    { () throws(Problem) in
      guard let paces else { return }
      let address = paces.address == nil ? nil : proxies.client(of: request, from: context.peer)
      try limiter.check(paces, sale.number, of: purpose, buyer: buyer, address: address, at: .now)
    }
  }

  private func presentDesk() throws(Problem) -> RoomDesk {
    guard let desk else { throw .roomNotFound }
    return desk
  }

  private func sale(_ context: ListenerContext) throws(Problem) -> CatalogSale {
    let id = context.parameters.get("sale").flatMap(SaleID.init(rawValue:))
    guard let sale = id.flatMap({ catalog.current[$0] }) else { throw .saleNotFound }
    return sale
  }
}
