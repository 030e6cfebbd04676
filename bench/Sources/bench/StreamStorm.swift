import Foundation
import Glibc
import TestSupport
import Time

/// A hundred thousand clients at one address that all want to listen to an order: what they cost an intake, whether
/// each that it can't serve hears so, and whether those that it serves stay.
enum StreamStorm {
  private static let buyer = "storm"
  private static let atOnce = 64

  private struct Streams: Sendable {
    var open: [Int32] = []
    /// What the others were told to wait, in seconds, and how many of them.
    var refused: [Int: Int] = [:]

    var refusals: Int { refused.values.reduce(0, +) }
  }

  static func measure(_ scores: Scores) async throws {
    let clients = scores.plan.isQuick ? 20_000 : 100_000
    let memory = "memory of a stream, after \(Text.figure(Double(clients))) came from one address"
    try await BenchShop.with(scores.cluster) { bench in
      let line = try await WatchedLine(bench, "stormed", partition: 0, 1, buyer)
      let intake = try await bench.start("intake")
      let warming = try await IdleCrowd.open(100, at: intake.address)
      await warming.close()
      let empty = try intake.process.kibibytes(.resident)
      let begin = ContinuousClock.now
      let (path, port) = (line.paths[0], UInt16(intake.address.port ?? 80))
      let streams = try await OwnThread.run { try come(clients, to: path, at: port) }
      let seconds = (ContinuousClock.now - begin).inSeconds
      scores.note("streams of one address, served or refused", Double(clients) / seconds, "/s")
      scores.note("streams of one address that stay open", Double(streams.open.count), "streams")
      scores.note(memory, (try intake.process.kibibytes(.peak) - empty) / Double(streams.open.count), "KiB")
      scores.note("16 KiB of a stream", 16, "KiB")
      guard streams.refusals == 0 || streams.refused.count > 1 else {
        throw TestSetUpError("all refused streams were told to come back at once: \(streams.refused)")
      }
      _ = try await line.decide(1)
      // Nobody was put out for somebody else.
      try await OwnThread.run { for descriptor in streams.open { try hear("event: outcome", descriptor) } }
      await intake.stop()
    }
    scores.compare(Ratio(memory, against: "16 KiB of a stream", .atMost(1)))
  }

  /// Opens streams one after another, some at a time. Those that are refused go away.
  private static func come(_ clients: Int, to path: String, at port: UInt16) throws -> Streams {
    let request = "GET \(path) HTTP/1.1\r\nHost: bench\r\nX-Buyer-Id: \(buyer)\r\n\r\n"
    var streams = Streams()
    for first in stride(from: 0, to: clients, by: atOnce) {
      let descriptors = try (first..<min(first + atOnce, clients)).map { _ in try Loopback.connect(port) }
      for descriptor in descriptors { try Loopback.send(descriptor, request) }
      for descriptor in descriptors {
        let answer = try Loopback.receive(descriptor)
        if answer.hasPrefix("HTTP/1.1 200 ") {
          streams.open.append(descriptor)
          if !answer.contains("event: position") { try hear("event: position", descriptor) }
        } else {
          let wait = answer.firstMatch(of: /\r\nRetry-After: (\d+)\r\n/).flatMap { Int($0.1) }
          guard answer.hasPrefix("HTTP/1.1 503 "), let wait else { throw TestSetUpError("a stream heard \(answer)") }
          streams.refused[wait, default: 0] += 1
          Loopback.abort(descriptor)
        }
      }
    }
    return streams
  }

  /// Reads on until the event comes.
  private static func hear(_ event: String, _ descriptor: Int32) throws {
    while !(try Loopback.receive(descriptor).contains(event)) {}
  }
}
