import Foundation

extension Row {
  static let workerRows = [workerKilled]

  private static let workerKilled = Row(
    name: "worker-killed", fault: "worker: SIGKILL at random moments, restarted", isQuick: true
  ) { stage in
    _ = try await stage.start("intake")
    var workers = [try await stage.start("worker"), try await stage.start("worker")]
    try await stage.underLoad {
      for _ in 0..<(stage.isQuick ? 5 : 20) {
        try await stage.pause(100...2_000)
        let victim = stage.draw { $0.number(in: 0...1) }
        await workers[victim].kill()
        stage.inject()
        workers[victim] = try await stage.start("worker", awaitsReadiness: false)
      }
    }
  }
}
