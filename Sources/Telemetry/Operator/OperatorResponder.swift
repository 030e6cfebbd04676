public import HTTPServing
internal import HTTPTypes
public import Hummingbird
internal import Metrics
internal import Vitals

/// Answers the operator's requests, and counts the answers.
public struct OperatorResponder: HTTPResponder {
  let routes: RoutedResponder
  let metrics: PrometheusRegistry

  public func respond(to request: Request, context: ListenerContext) async -> Response {
    var response = await routes.respond(to: request, context: context)
    // A browser may come here, and takes what is sent for what it is said to be.
    response.headers[.xContentTypeOptions] = "nosniff"
    if let transport = Self.transportSecurity(of: request.head) {
      response.headers[.strictTransportSecurity] = transport
    }
    let labels = [("route", context.endpointPath ?? "none"), ("status", String(response.status.code))]
    Counter(TelemetryMetric.requests, labels, factory: metrics).increment()
    return response
  }

  /// Whoever came over TLS comes so for a year, also where she types the host alone. Not as `localhost`: every other
  /// program of that machine would have to speak TLS too. `nil`: she did not.
  private static func transportSecurity(of request: HTTPRequest) -> String? {
    guard request.isFromTLS, Access.host(of: request.authority ?? "").lowercased() != "localhost" else { return nil }
    return "max-age=31536000"
  }
}
