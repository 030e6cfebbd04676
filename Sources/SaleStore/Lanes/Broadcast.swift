import FlashSale
import Postgres

extension LaneStore {
  /// Sends a signal to everyone who listens on `Signal.channel`. Losing one is harmless, so a failure may be ignored.
  public func broadcast(_ signal: Signal, topic: String) async throws {
    let payloads = signal.payloads(topic: topic)
    try await connection.transaction { transaction in
      _ = try transaction.pipeline { pipeline in
        for payload in payloads { try pipeline.add("SELECT pg_notify($1, $2)", "\(Signal.channel)", payload) }
      }
    }
  }
}
