internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// `POST /v1/sales/{sale}/orders` for requests that are not of the plain form: by the same gate, on one of the event
/// loops.
struct OrderRoute: Sendable {
  /// What an order is answered that is not refused.
  enum Answer: Sendable {
    /// It is in the log; the body of the `202`.
    case accepted(OrderID, ByteBuffer)
    /// It was sent before and has won; what its status is.
    case repeated(OrderAnswer)
  }

  let gate: OrderGate
  let orders: OrderStatusRoute
  let loops: Loops
  let catalog: CurrentCatalog
  let recognition: SharedRecognition

  /// Takes an order in, and waits for the log's word.
  ///
  /// - Parameter peer: whom its connection is with.
  func place(_ request: Request, sale: String, from peer: SocketAddress?) async throws(Problem) -> Answer {
    var head: OrderHead
    let body: ByteBuffer
    do throws(Problem) {
      head = try OrderHead(
        OrderFields(request.headers), sale: sale, catalog: catalog.current, recognition: recognition,
        believesField: recognition.identification.believesField(of: ClientAddress(peer)), entry: gate.entry)
      if head.needsAddress { head.address = gate.proxies.client(of: request, from: peer) }
      body = try await Self.body(of: request)
    } catch {
      let number = SaleID(rawValue: sale).flatMap { catalog.current[$0] }?.number
      loops.executeOnAny { $0.turnedAway(.problem(error.code), of: number) }
      throw error
    }
    let result = await withCheckedContinuation { [head] continuation in
      loops.executeOnAny { state in
        AwaitedOrder(head, body, gate: gate, orders: orders, on: state) { continuation.resume(returning: $0) }.begin()
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

extension TrustedProxies {
  /// Where a request comes from; `nil`: from no address.
  ///
  /// - Parameter peer: whom its connection is with.
  func client(of request: Request, from peer: SocketAddress?) -> ClientAddress? {
    guard let peer = ClientAddress(peer) else { return nil }
    var forwarded = HTTPField.Name("X-Forwarded-For").map { request.headers[values: $0].joined(separator: ",") } ?? ""
    return forwarded.withUTF8 { text in
      client(of: peer, forwarded: text.isEmpty ? nil : UnsafeRawBufferPointer(text))
    }
  }
}

/// An order that a route waits for, on one event loop.
private final class AwaitedOrder: OrderWaiter {
  private let head: OrderHead
  private let body: ByteBuffer
  private let gate: OrderGate
  private let orders: OrderStatusRoute
  private let state: LoopState
  private let tell: (Result<OrderRoute.Answer, Problem>) -> Void
  private var submission: Submission?

  init(
    _ head: OrderHead, _ body: ByteBuffer, gate: OrderGate, orders: OrderStatusRoute, on state: LoopState,
    tell: @escaping (Result<OrderRoute.Answer, Problem>) -> Void
  ) {
    self.head = head
    self.body = body
    self.gate = gate
    self.orders = orders
    self.state = state
    self.tell = tell
  }

  func begin() {
    let passage: Result<OrderGate.Passage, Problem> = body.withUnsafeReadableBytes { bytes in
      do throws(Problem) {
        return .success(try gate.submit(head, body: bytes, from: self, on: state))
      } catch {
        return .failure(error)
      }
    }
    do throws(Problem) {
      switch try passage.get() {
      case .submitted(let submission, _): self.submission = submission
      case .lookUp(let inquiry, let otherwise):
        try orders.checkStore(toRepeat: inquiry)
        lookUp(inquiry, otherwise)
      }
    } catch {
      refuse(error)
    }
  }

  private func lookUp(_ inquiry: OrderInquiry, _ otherwise: Otherwise) {
    let loop = state.listener.eventLoop
    let asking = NIOLoopBound((self, otherwise), eventLoop: loop)
    orders.lookup.find(inquiry.order, at: inquiry.position) { result in
      loop.execute {
        let (order, otherwise) = asking.value
        order.found(result, inquiry, otherwise)
      }
    }
  }

  private func found(
    _ result: Result<OrderLookup.Finding, any Error>, _ inquiry: OrderInquiry, _ otherwise: Otherwise
  ) {
    do throws(Problem) {
      if let answer = try orders.answer(toRepeat: inquiry, result, state.catalog) {
        state.turnedAway(.repeated, of: head.sale.number)
        return tell(.success(.repeated(answer)))
      }
      (submission, _) = try gate.settle(otherwise, of: inquiry, from: self, on: state)
    } catch {
      refuse(error)
    }
  }

  func complete(_ fate: Acknowledgement.Fate) {
    guard let submission else { return }
    submission.settle(fate)
    switch fate {
    case .persisted(let offset):
      state.accepted(of: head.sale.number)
      var json = JSONWriter(ByteBuffer())
      gate.write(submission, at: offset, to: &json)
      tell(.success(.accepted(submission.order, json.finish())))
    case .refused: refuse(Problem.busy("The log did not take the order.").naming(submission.named))
    case .unknown: refuse(.outcomeUnknown(submission.order, hasKey: submission.named != nil))
    }
  }

  private func refuse(_ problem: Problem) {
    state.turnedAway(.problem(problem.code), of: head.sale.number)
    tell(.failure(problem))
  }
}
