internal import NIOCore

/// Something that lives on an event loop, as the main thread holds it. The main thread may wait; event loops never do.
struct OnLoop<Value>: Sendable {
  let loop: any EventLoop
  private let bound: NIOLoopBound<Value>

  /// Makes it there.
  init(_ loop: any EventLoop, _ make: @escaping @Sendable () -> Value) throws {
    self.loop = loop
    bound = try loop.submit { NIOLoopBound(make(), eventLoop: loop) }.wait()
  }

  /// Asks it there and waits for the answer.
  func ask<Answer: Sendable>(_ question: @escaping @Sendable (Value) -> Answer) throws -> Answer {
    let bound = bound
    return try loop.submit { question(bound.value) }.wait()
  }

  /// Tells it something and does not wait.
  func tell(_ message: @escaping @Sendable (Value) -> Void) {
    let bound = bound
    loop.execute { message(bound.value) }
  }

  /// Has it begin something.
  func begin<Answer: Sendable>(
    _ start: @escaping @Sendable (Value) -> EventLoopFuture<Answer>
  ) -> EventLoopFuture<Answer> {
    let bound = bound
    return loop.flatSubmit { start(bound.value) }
  }

  /// Makes something beside it that works with it.
  func beside<Other>(_ make: @escaping @Sendable (Value) -> Other) throws -> OnLoop<Other> {
    let bound = bound
    return try OnLoop<Other>(loop) { make(bound.value) }
  }
}
