import Foundation
import TestSupport

extension Row {
  static let intakeRows = [intakeKilled, rollingRestart]

  private static let intakeKilled = Row(
    name: "intake-killed", fault: "intake: SIGKILL under load; clients retry at another", isQuick: true
  ) { stage in
    var intakes = [try await stage.start("intake"), try await stage.start("intake")]
    _ = try await stage.start("worker")
    try await stage.underLoad {
      for _ in 0..<(stage.isQuick ? 4 : 12) {
        try await stage.pause(200...1_000)
        let victim = stage.draw { $0.number(in: 0...1) }
        await intakes[victim].kill()
        stage.inject()
        // Its clients notice by themselves, and go on to the other one; only then there is a new one.
        if let door = intakes[victim].door { stage.crowd.close(door) }
        intakes[victim] = try await stage.start("intake")
      }
    }
  }

  private static let rollingRestart = Row(
    name: "rolling-restart", fault: "SIGTERM to each process in turn under load"
  ) { stage in
    var members = [
      try await stage.start("intake"), try await stage.start("intake"),
      try await stage.start("worker"), try await stage.start("worker"),
    ]
    try await stage.underLoad {
      for index in members.indices {
        members[index].part.process.send(signal: SIGTERM)
        stage.inject()
        let exit = await members[index].part.process.exit()
        if exit != .success { stage.violated("\(members[index].command) ended with \(exit) on SIGTERM") }
        if let door = members[index].door { stage.crowd.close(door) }
        members[index] = try await stage.start(members[index].command)
        try await stage.pause(500...1_500)
      }
    }
    let unknown = stage.crowd.journal.current.unknown
    if unknown > 0 { stage.violated("\(unknown) clients that retried never got a final answer") }
  }
}
