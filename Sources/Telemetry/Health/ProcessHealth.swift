internal import HTTPServing
internal import Hummingbird

/// What a process knows of its own state. The wiring provides it.
public struct ProcessHealth: Sendable {
  /// What this process waits for before it can do anything else, in one line; `nil` once it runs. Cheap.
  public var waitsFor: @Sendable () -> String?

  /// The state of this process's parts. Cheap, and never waits for anything outside the process.
  public var checks: @Sendable () async -> [HealthCheck]

  /// Collects both.
  public init(
    waitsFor: @escaping @Sendable () -> String? = { nil }, checks: @escaping @Sendable () async -> [HealthCheck]
  ) {
    self.waitsFor = waitsFor
    self.checks = checks
  }
}

// MARK: - Routes

/// What `/readyz` answers.
private struct Readiness: Encodable {
  var ready: Bool
  var checks: [HealthCheck]
}

extension ProcessHealth {
  /// Adds what probes and scrapers ask for. They carry no token.
  func addRoutes(to router: Router<ListenerContext>, metrics: PrometheusRegistry) {
    router.at("healthz", get: { _, _ in .text("alive\n", type: "text/plain; charset=utf-8") })
    router.at("readyz", get: { [checks] _, _ in try .readiness(await checks()) })
    router.at("metrics", get: { _, _ in .text(metrics.text(), type: PrometheusRegistry.contentType) })
  }
}

extension Response {
  fileprivate static func readiness(_ checks: [HealthCheck]) throws -> Response {
    let isReady = checks.allSatisfy(\.isReady)
    return try .json(Readiness(ready: isReady, checks: checks), status: isReady ? .ok : .serviceUnavailable)
  }
}
