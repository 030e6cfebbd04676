import Dispatch
import Synchronization
import Testing

@testable import Kafka

/// A queue that signals as librdkafka's do: only when it stops being empty, and under its own lock.
private final class SignallingQueue: Sendable {
  let wakeUp = WakeUp()
  private let elements = Mutex<[Int]>([])

  func put(_ element: Int) {
    elements.withLock { elements in
      elements.append(element)
      if elements.count == 1 { wakeUp.signal() }
    }
  }

  func take() -> Int? {
    elements.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}

@Suite(.timeLimit(.minutes(1)))
struct WakeUpTests {
  @Test func `whatever the moment of arrival, no wake-up is lost`() async {
    let queue = SignallingQueue()
    let taken = Atomic<Int>(0)
    let rounds = 50_000
    // A thread of its own races the task: each element meets an empty queue, at another moment of the task's wait.
    DispatchQueue(label: "arrivals").async {
      for round in 0..<rounds {
        while taken.load(ordering: .acquiring) < round {}
        for _ in 0..<(round % 97) { _ = taken.load(ordering: .relaxed) }
        queue.put(round)
      }
    }
    for round in 0..<rounds {
      let element = await queue.wakeUp.firstValue { queue.take() }
      #expect(element == round)
      // The time limit cancels the task: then there is no element, and the thread must not spin for ever.
      taken.store(element == nil ? rounds : round + 1, ordering: .releasing)
      if element == nil { return }
    }
  }

  @Test func `a cancelled wait ends, before and while it waits`() async {
    let wakeUp = WakeUp()
    let task = Task { await wakeUp.firstValue { () -> Int? in nil } }
    task.cancel()
    #expect(await task.value == nil)
  }
}
