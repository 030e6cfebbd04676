import FlashSale
import Kafka
import OrderLog
import TestSupport
import Testing
import Time

@Suite(.timeLimit(.minutes(2)))
struct RoomFollowerTests {
  private static let rooms = RoomLog.topic(beside: topic)
  private static let sale = SaleNumber(rawValue: 7)
  private static let ann = BuyerID(unchecked: "ann")

  private static func record(
    _ command: RoomRecord.Command, epoch: Int64 = 0, of sale: SaleNumber = Self.sale
  ) -> RoomRecord {
    RoomRecord(sale: sale, at: now, epoch: Epoch(rawValue: epoch), command)
  }

  /// Writes until the topic has lost its first records, as one does that is kept for a time.
  private static func cutOff(_ writer: RoomWriter, _ cluster: ClusterSettings) async throws {
    let reader = try OrderReader(cluster: cluster, topic: rooms, logger: quietLogger)
    let long = record(
      .beacon(name: "b", value: String(repeating: "x", count: 1_024)), of: SaleNumber(rawValue: 6))
    for _ in 0..<100 where try await reader.bounds(of: 0).lowerBound == 0 {
      try await writer.write([RoomRecord](repeating: long, count: 500))
    }
    #expect(try await reader.bounds(of: 0).lowerBound > 0)
  }

  @Test func `who begins to read when the owner's takeover has aged out sees whom it lets in`() async throws {
    let broker = try EmbeddedBroker(topics: [(Self.rooms, 1)], logger: quietLogger)
    let cluster = ClusterSettings(brokers: broker.bootstrapServers)
    var tuning = ProducerTuning()
    // The broker keeps bytes as they are sent.
    tuning.compression = .none
    let writer = try RoomWriter(cluster: cluster, topic: Self.rooms, tuning: tuning, logger: quietLogger)
    try await writer.write([Self.record(.own, epoch: 3)])
    try await Self.cutOff(writer, cluster)
    let follower = RoomFollower(cluster: cluster, topic: Self.rooms, logger: quietLogger)
    let following = Task { try await follower.run { _ in } }
    #expect(try await eventually { follower.isReady })

    let place = try await writer.write([Self.record(.join(Self.ann, byLot: false))])
    let last = try await writer.write([
      Self.record(.admit([place]), epoch: 3), Self.record(.expire([place]), epoch: 2),
    ])
    #expect(await follower.reached(last, within: .seconds(30)))
    #expect(follower.withRooms { $0[Self.sale]?.standing(of: Self.ann)?.state } == .admitted)

    following.cancel()
    _ = await following.result
    await writer.shutdown(deadline: .seconds(5))
    await broker.shutdown()
  }
}
