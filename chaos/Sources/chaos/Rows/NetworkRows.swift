import Foundation
import TestSupport

extension Row {
  static let networkRows = [networkCut, networkSlow]

  /// A part's line and its name.
  private typealias Link = (name: String, line: FaultyLine?)

  private static func links(_ stage: Stage) async throws -> [Link] {
    let intake = try await stage.start("intake", lines: [.kafka, .postgres])
    let worker = try await stage.start("worker", lines: [.kafka, .postgres])
    return [
      ("intake–broker", intake.kafka), ("worker–broker", worker.kafka), ("worker–PostgreSQL", worker.postgres),
      ("intake–PostgreSQL", intake.postgres),
    ]
  }

  private static let networkCut = Row(
    name: "network-cut", fault: "network: intake–broker, worker–broker, worker–PostgreSQL cut, each direction"
  ) { stage in
    let links = try await links(stage)
    try await stage.underLoad {
      for link in links {
        for held: Set<FaultyLine.Direction> in [[.toServer], [.toClient], [.toServer, .toClient]] {
          link.line?.hold(held)
          stage.inject()
          try await stage.pause(1_500...3_000)
          link.line?.hold([])
          try await stage.pause(300...800)
        }
        // The other end disappears silently, for longer than intake waits for the log, and comes back as a reset.
        link.line?.hold([.toServer, .toClient])
        try await stage.pause(5_500...7_000)
        link.line?.cut()
        link.line?.hold([])
        stage.inject()
      }
    }
  }

  private static let networkSlow = Row(
    name: "network-slow", fault: "network: the same lines slow, each direction"
  ) { stage in
    let links = try await links(stage)
    try await stage.underLoad {
      for link in links {
        for direction in FaultyLine.Direction.allCases {
          link.line?.slow(direction, by: stage.draw { $0.milliseconds(50...250) })
          stage.inject()
          try await stage.pause(1_500...2_500)
          link.line?.slow(direction, by: .zero)
        }
      }
    }
  }
}
