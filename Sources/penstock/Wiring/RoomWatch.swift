import Admin
import FlashSale
import Logging
import OrderLog

/// Follows the waiting rooms' topic for the admin's live pages, as long as it is there.
final class RoomWatch: Sendable {
  private let follower: RoomFollower
  private let following: Task<Void, Never>

  init(_ follower: RoomFollower, logger: Logger) {
    self.follower = follower
    following = Task {
      while !Task.isCancelled {
        do {
          try await follower.run { _ in }
        } catch is CancellationError {
          return
        } catch {
          logger.warning(
            "the waiting rooms cannot be followed", metadata: ["error": "\(String(reflecting: error))"])
        }
        try? await Task.sleep(for: Limits.followPause)
      }
    }
  }

  deinit { following.cancel() }

  /// How many stand in a sale's room; `nil` while the topic is not read to its end.
  func counts(of sale: SaleNumber) -> RoomCounts? {
    guard follower.isReady else { return nil }
    return follower.withRooms { rooms in
      guard let room = rooms[sale] else {
        return RoomCounts(waiting: 0, inside: 0, admitted: 0, abandoned: 0, isPaused: false, ratePerMinute: nil)
      }
      return RoomCounts(
        waiting: room.waiting, inside: room.inside, admitted: room.admitted,
        abandoned: room.count(.away) + room.count(.left) + room.count(.expired), isPaused: room.isPaused,
        ratePerMinute: room.ratePerMinute)
    }
  }
}
