import Logging
import ServiceLifecycle

/// Makes the waiting rooms' topic where the start could not, again and again until it is there. Meanwhile everything
/// that has no room runs.
struct RoomTopicService: Service {
  let make: @Sendable () async throws -> Void
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while (try? await Task.sleep(for: Limits.roomTopicPause)) != nil {
        do {
          try await make()
          return logger.notice("the waiting rooms' topic is there")
        } catch {
          logger.debug("the waiting rooms' topic cannot be made", metadata: ["error": "\(error)"])
        }
      }
    }
    // A service that returned would end the others.
    try? await gracefulShutdown()
  }
}
