import FlashSale
import Intake
import OrderLog
import Relay
import SaleStore
import Synchronization
import Telemetry
import Time
import Worker

/// The parts of a process that run on the log.
struct RunningParts: Sendable {
  let worker: WorkerService?
  let intake: IntakeService?
  let relay: RelayService?
  /// For commands about sales and orders.
  let commandWriter: OrderWriter?
  /// For what the admin says about waiting rooms.
  let rooms: RoomWriter?
}

/// How far a process has come: what it waits for, or its parts. Health and metrics are served from it from the start.
final class Stage: Sendable {
  private enum State {
    case waiting(String)
    case running(RunningParts)
  }

  private let state = Mutex(State.waiting("starting"))

  /// Notes what is not there yet, and why, in one line.
  func waits(_ words: String) { state.withLock { $0 = .waiting(words) } }

  /// Notes that these run from now on.
  func runs(_ parts: RunningParts) { state.withLock { $0 = .running(parts) } }

  /// What is not there yet, and why; `nil` once everything runs.
  var waitsFor: String? {
    state.withLock { if case .waiting(let words) = $0 { words } else { nil } }
  }

  /// How the parts are. Cheap.
  var checks: [HealthCheck] {
    switch state.withLock({ $0 }) {
    case .waiting(let words): return [HealthCheck(name: "start", isReady: false, detail: words)]
    case .running(let parts):
      return [
        parts.worker.map(\.status).map { status in
          HealthCheck(name: "worker", isReady: status.isReady, reasons: status.reasons, standing: status.standing)
        },
        parts.intake.map { HealthCheck(name: "intake", isReady: $0.status.isReady, reasons: $0.status.reasons) },
        // Buyers need no events: what takes orders too stays ready, and says so.
        parts.relay.map { relay in
          HealthCheck(
            name: "relay", isReady: relay.status.isReady || parts.intake != nil, reasons: relay.status.reasons)
        },
      ].compactMap { $0 }
    }
  }

  /// Writes what the admin says about a waiting room. Throws as `write`.
  func change(_ room: RoomRecord) async throws {
    guard case .running(let parts) = state.withLock({ $0 }), let rooms = parts.rooms else {
      throw Unavailable(description: waitsFor ?? "this process changes no waiting rooms")
    }
    try await rooms.write([room])
  }

  /// Writes commands, each under its key. Throws `Unavailable` while there is no log to write to, or if this process
  /// has no writer.
  func write(
    _ commands: [(command: LogRecord, key: RecordKey)], partitions: Int32
  ) async throws -> [LogPosition] {
    guard case .running(let parts) = state.withLock({ $0 }), let commandWriter = parts.commandWriter else {
      throw Unavailable(description: waitsFor ?? "this process writes no commands")
    }
    return try await commandWriter.write(
      commands.map { OutgoingRecord($0.command, under: $0.key, partitions: partitions) })
  }

  /// Writes a record as it is. Throws as the other one.
  func write(_ record: OutgoingRecord) async throws -> LogPosition {
    guard case .running(let parts) = state.withLock({ $0 }), let commandWriter = parts.commandWriter else {
      throw Unavailable(description: waitsFor ?? "this process writes no records")
    }
    return try await commandWriter.write(record)
  }
}
