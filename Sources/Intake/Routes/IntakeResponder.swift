internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird

/// Answers every request that is not of the plain form, or wrong, and measures how long that took.
struct IntakeResponder: HTTPResponder {
  private let routes: RoutedResponder
  private let timers = RequestTimers()

  init(_ routes: IntakeRoutes, showsDemo: Bool) {
    let router = Router(context: ListenerContext.self)
    if showsDemo { DemoRoutes().add(to: router) }
    routes.add(to: router.group("v1"))
    self.routes = RoutedResponder(router)
  }

  func respond(to request: Request, context: ListenerContext) async -> Response {
    let arrivedAt = ContinuousClock.now
    let response = await routes.respond(to: request, context: context)
    timers.record(Endpoint(route: context.endpointPath), status: response.status.code, .now - arrivedAt)
    return response
  }

  /// The sale that a request orders from: `{sale}` of `/v1/sales/{sale}/orders`, percent-decoded; `nil` for another
  /// target.
  static func saleOfOrders(_ target: String) -> String? {
    guard let segments = RequestPath(target.prefix { $0 != "?" })?.segments, segments.count == 4 else { return nil }
    return segments.starts(with: ["v1", "sales"]) && segments[3] == "orders" ? segments[2] : nil
  }
}
