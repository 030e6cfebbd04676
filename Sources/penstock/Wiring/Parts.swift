import Intake
import Kafka
import ServiceLifecycle

/// Waits for the log and the store, then runs the parts that need them.
///
/// Returns when it is told to stop, also while it waits. Throws what no waiting mends, and what a part throws.
struct Parts: Service {
  let base: Foundations
  let roles: [Role]
  let stage: Stage
  /// Tells the addresses, given the intake that listens too, if there is one.
  let announcer: @Sendable (IntakeService?) -> Announcer?

  func run() async throws {
    let log: PreparedLog
    do {
      log = try await cancelWhenGracefulShutdown { try await preparation.run(base.store) }
    } catch is CancellationError where Task.isShuttingDownGracefully {
      return
    }
    let parts = try base.running(roles, on: log.topic, preparedBy: preparation)
    stage.runs(parts)
    var rooms: RoomTopicService?
    if !log.hasRoomTopic {
      rooms = RoomTopicService(make: { [preparation] in try await preparation.makeRoomTopic() }, logger: base.logger)
    }
    try await build(parts, of: base, rooms: rooms, announcer: announcer(parts.intake)).run()
  }

  private var preparation: LogPreparation {
    LogPreparation(
      configuration: base.configuration, cluster: base.cluster,
      waiting: Waiting(tell: { [stage] in stage.waits($0) }, logger: base.logger), logger: base.logger)
  }
}
