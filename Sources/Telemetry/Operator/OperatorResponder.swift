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
    let labels = [("route", context.endpointPath ?? "none"), ("status", String(response.status.code))]
    Counter(TelemetryMetric.requests, labels, factory: metrics).increment()
    return response
  }
}
