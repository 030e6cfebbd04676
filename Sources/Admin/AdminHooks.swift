public import FlashSale
public import SaleStore
public import Telemetry

/// What admin cannot do itself, because it knows neither the log nor the other parts. The wiring provides it.
public struct AdminHooks: Sendable {
  /// Writes one `close` record per item of the sale into the log; returns when all are durable. Throws if any may not
  /// be; repeating is safe.
  public var publishClose: @Sendable (StoredSale) async throws -> Void

  /// Counts the requests of the sale in the log, from each partition's offset (0 where it is missing) to the log's end.
  /// Throws if the log cannot be read.
  public var countTail: @Sendable (StoredSale, [Partition: Offset]) async throws -> Int64

  /// The end of each partition's log: the offset that its next record will get. Throws if the log cannot be asked.
  public var logEnds: @Sendable () async throws -> [Partition: Offset]

  /// What this process waits for before it can do anything else, in one line; `nil` once it runs. Cheap.
  public var waitsFor: @Sendable () -> String?

  /// The state of this process's parts. Cheap, and never waits for anything outside the process.
  public var checks: @Sendable () async -> [HealthCheck]

  /// Collects the hooks.
  public init(
    publishClose: @escaping @Sendable (StoredSale) async throws -> Void,
    countTail: @escaping @Sendable (StoredSale, [Partition: Offset]) async throws -> Int64,
    logEnds: @escaping @Sendable () async throws -> [Partition: Offset],
    waitsFor: @escaping @Sendable () -> String? = { nil },
    checks: @escaping @Sendable () async -> [HealthCheck]
  ) {
    self.publishClose = publishClose
    self.countTail = countTail
    self.logEnds = logEnds
    self.waitsFor = waitsFor
    self.checks = checks
  }
}
