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
  /// What a path asks for, whether or not there is something.
  init(path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    switch (parts.dropFirst().first, parts.count) {
    case ("sales", 2): self = .sales
    case ("sales", 3): self = .sale
    case ("sales", 4): self = .submit
    case ("orders", 3): self = .status
    default: self = .other
    }
  }
}
