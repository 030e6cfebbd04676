internal import FlashSale
internal import HTTPServing
internal import Hummingbird
internal import NIOCore

/// `POST /v1/sales/{sale}/orders` for requests that are not of the plain form: by the same gate, on one of the event loops.
struct OrderRoute: Sendable {
  let gate: OrderGate
  let loops: Loops
  let catalog: CurrentCatalog

  /// Takes an order in, and waits for the log's word.
  ///
  /// - Returns: the order, and the `202`'s body.
  func place(_ request: Request, sale: String) async throws(Problem) -> (OrderID, ByteBuffer) {
    let head: OrderHead
    let body: ByteBuffer
    do throws(Problem) {
      head = try OrderHead(OrderFields(request.headers), sale: sale, catalog: catalog.current)
      body = try await Self.body(of: request)
    } catch {
      loops.executeOnAny { $0.tally.count(.problem(error.code)) }
      throw error
    }
    let result = await withCheckedContinuation { continuation in
      loops.executeOnAny { state in
        AwaitedOrder(head, body, gate: gate, on: state) { continuation.resume(returning: $0) }.begin()
      }
    }
    return try result.get()
  }

  private static func body(of request: Request) async throws(Problem) -> ByteBuffer {
    do {
      return try await request.body.collect(upTo: Limits.bodyBytes)
    } catch is NIOTooManyBytesError {
      throw .bodyTooLarge
    } catch {
      // The connection ended before the body did: nobody is left to be told.
      throw .malformedRequest
    }
  }
}

/// An order that a route waits for, on one event loop.
private final class AwaitedOrder: OrderWaiter {
  private let head: OrderHead
  private let body: ByteBuffer
  private let gate: OrderGate
  private let state: LoopState
  private let tell: (Result<(OrderID, ByteBuffer), Problem>) -> Void
  private var submission: Submission?

  init(
    _ head: OrderHead, _ body: ByteBuffer, gate: OrderGate, on state: LoopState,
    tell: @escaping (Result<(OrderID, ByteBuffer), Problem>) -> Void
  ) {
    self.head = head
    self.body = body
    self.gate = gate
    self.state = state
    self.tell = tell
  }

  func begin() {
    let refusal: Problem? = body.withUnsafeReadableBytes { bytes in
      do throws(Problem) {
        (submission, _) = try gate.submit(head, body: bytes, from: self, on: state)
        return nil
      } catch {
        return error
      }
    }
    if let refusal { refuse(refusal) }
  }

  func complete(_ fate: Acknowledgement.Fate) {
    guard let submission else { return }
    switch fate {
    case .persisted(let offset):
      state.tally.count(.accepted)
      var json = JSONWriter(ByteBuffer())
      gate.write(submission, at: offset, to: &json)
      tell(.success((submission.order, json.finish())))
    case .refused: refuse(.busy("The log did not take the order."))
    case .unknown: refuse(.outcomeUnknown(submission.order, hasKey: submission.hasKey))
    }
  }

  private func refuse(_ problem: Problem) {
    state.tally.count(.problem(problem.code))
    tell(.failure(problem))
  }
}
