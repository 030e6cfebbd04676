internal import HTTPServing
internal import Metrics
internal import Time
internal import Vitals

/// How long answers took that are not made on an event loop: the same time series as those of `DurationTally`.
struct RequestTimers: Sendable {
  private let timers: [[Timer]] = Endpoint.allCases.map { endpoint in
    StatusClass.allCases.map { status in
      Timer(IntakeMetric.requestDuration, [("endpoint", "\(endpoint)"), ("code", status.text)])
    }
  }

  /// Counts one answer.
  func record(_ endpoint: Endpoint, status: Int, _ duration: Duration) {
    timers[endpoint.rawValue][StatusClass(status).rawValue].recordNanoseconds(duration.wholeNanoseconds)
  }
}

extension Endpoint {
  /// What a route answers; `nil` is a path that is none of intake's.
  init(route: String?) {
    switch route {
    case "/v1/sales": self = .sales
    case "/v1/sales/{sale}": self = .sale
    case "/v1/sales/{sale}/orders": self = .submit
    case "/v1/orders/{order}": self = .status
    case "/v1/orders/{order}/events": self = .events
    case "/v1/sales/{sale}/room", "/v1/sales/{sale}/draw": self = .room
    case let route? where LifeRoutes.paths.contains(route): self = .command
    default: self = .other
    }
  }
}
