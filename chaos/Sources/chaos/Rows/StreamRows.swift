import Foundation
import TestSupport
import Time

extension Row {
  static let streamRows = [streamsKilled]

  private static let streams = 10_000
  private static let threads = 8

  private static let streamsKilled = Row(
    name: "streams-killed", fault: "intake with 10,000 open streams: SIGKILL; each comes back to another", rate: 200
  ) { stage in
    let count = stage.isQuick ? streams / 10 : streams
    let victim = try await stage.start("intake")
    guard let door = victim.door else { throw TestSetUpError("the intake has no door") }
    let crowd = StreamCrowd(at: door)
    await crowd.begin(try await place(count, at: door, stage))
    try await stage.expect("every stream is open", within: .seconds(60)) { crowd.status.listening == count }
    let heir = try await stage.start("intake")
    if let door = heir.door { crowd.turn(to: door) }
    stage.crowd.close(door)
    await victim.kill()
    let killed = ContinuousClock.now
    stage.inject()
    try await stage.expect("every stream is back", within: .seconds(60)) { crowd.status.returns.count == count }
    judge(crowd.status, since: killed, count, stage)
    // Nobody has decided anything until now: all of them hear it within the next seconds.
    _ = try await stage.start("worker")
    try await stage.underLoad {}
    try await stage.expect("everybody hears the outcome", within: .seconds(60)) { crowd.status.heard == count }
    stage.remark("\(crowd.status.heard) outcomes heard")
    await crowd.end()
  }

  /// How the streams came back.
  private static func judge(
    _ status: StreamCrowd.Status, since killed: ContinuousClock.Instant, _ count: Int, _ stage: Stage
  ) {
    let returns = status.returns.map { ($0 - killed).inSeconds }.sorted()
    guard let first = returns.first, let last = returns.last else { return }
    let most = Dictionary(grouping: returns, by: { Int($0) }).values.map(\.count).max() ?? 0
    stage.remark(
      "\(returns.count) streams back from \(String(format: "%.1f", first)) to \(String(format: "%.1f", last)) s after, "
        + "at most \(most) in a second")
    if last - first < 10 { stage.violated("the streams came back within \(last - first) s, not 10 s or more") }
    if most > count / 4 { stage.violated("\(most) of \(count) streams came back within one second") }
    if status.grew > 0 { stage.violated("\(status.grew) places grew") }
  }

  /// Places an order for each stream, and returns where its events are.
  private static func place(_ count: Int, at door: UInt16, _ stage: Stage) async throws -> [(
    path: String, buyer: String
  )] {
    let placed = Locked<[(path: String, buyer: String)]>([])
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<threads {
        group.addTask {
          await withCheckedContinuation { continuation in
            Loopback.onThread("placing") {
              place(stride(from: thread, to: count, by: threads), at: door, stage, placed)
              continuation.resume()
            }
          }
        }
      }
    }
    let all = placed.with { $0 }
    guard all.count == count else { throw TestSetUpError("\(all.count) of \(count) orders were accepted") }
    return all
  }

  /// On a thread of its own.
  private static func place(
    _ numbers: StrideTo<Int>, at door: UInt16, _ stage: Stage, _ placed: Locked<[(path: String, buyer: String)]>
  ) {
    var line: HTTPLine?
    for number in numbers {
      // Numbers of their own, far from the crowd's.
      let order = Order(
        number: 200_000_000 + number, sale: Goods.open, sku: "sku\(6 + number % 12)", buyer: "stream\(number)",
        quantity: 1)
      stage.crowd.journal.intend(order)
      let sent = stage.crowd.journal.now
      line = line ?? HTTPLine(to: door, patience: Limits.answerSeconds)
      guard let answer = line?.exchange(order.request(port: door)), answer.status == 202,
        let id = answer.field("order_id"), let ticket = answer.field("ticket")
      else {
        line = nil
        continue
      }
      stage.crowd.journal.accepted(order, id: id, ticket: ticket, sent: sent)
      placed.with { $0.append(("/v1/orders/\(id)/events?ticket=\(ticket)", order.buyer)) }
    }
  }
}
