import Foundation
import Time

/// Says on standard error how far a run is, once a second at most.
struct Progress {
  private let firstSeed: UInt64
  private let seeds: UInt64
  private let started = ContinuousClock.now
  private var said = ContinuousClock.now
  private var done: UInt64 = 0

  init(firstSeed: UInt64, seeds: UInt64) {
    self.firstSeed = firstSeed
    self.seeds = seeds
  }

  mutating func add(_ count: UInt64) {
    done += count
    guard .now - said >= .seconds(1) else { return }
    said = .now
    say()
  }

  func finish() { say() }

  private func say() {
    let seconds = max(0.001, (ContinuousClock.now - started).inSeconds)
    let line = "seeds \(firstSeed)…: \(done) of \(seeds), \(Int(Double(done) / seconds)) seeds/s\n"
    FileHandle.standardError.write(Data(line.utf8))
  }
}
