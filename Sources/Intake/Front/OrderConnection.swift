internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// Answers a connection's requests of the plain form straight from their bytes, on the event loop.
///
/// (1) No task and no promise is made for a request.
/// (2) What has a slot in the loop's table is `waiting`, and gives the slot back when the connection ends.
/// (3) It refuses only what it read whole. A request that is wrong in its form is left to the routes, which say so.
/// (4) Who asks is looked at first of all, so that a crowd with bad tokens costs no task either.
final class OrderConnection: DirectResponder, OrderWaiter {
  enum Phase {
    /// No request is at hand.
    case idle
    /// An order is on its way into the log.
    case waiting(Submission, SlotID)
    /// The store is asked where an order is.
    case lookingUp
    /// An order is watched.
    case watching(Watch)
  }

  /// One that is watched.
  struct Watch {
    let inquiry: OrderInquiry
    /// Of its ticket.
    let position: LogPosition
    let id: WatcherID
    let isStream: Bool
  }

  private let gate: OrderGate
  let orders: OrderStatusRoute
  let state: LoopState
  let recognition: SharedRecognition
  /// Whom the connection is with; asked when it first matters.
  private lazy var peer = ClientAddress(connection?.peer)
  /// Whether `X-Buyer-Id` is believed on this connection, once that was asked.
  private var believesField: Bool?
  var phase = Phase.idle
  /// The connection, once it has brought something.
  var connection: HTTPConnection?
  /// What the request at hand asks for, and when it was read.
  var (endpoint, arrivedAt) = (Endpoint.other, NIODeadline.now())
  /// The sale that the order at hand is for.
  private var sale: SaleNumber?
  /// Whether the request at hand is of HTTP/1.0.
  var isOldVersion = false

  init(gate: OrderGate, orders: OrderStatusRoute, recognition: SharedRecognition, state: LoopState) {
    self.recognition = recognition
    self.gate = gate
    self.orders = orders
    self.state = state
  }

  /// The order that is watched, if one is.
  var watched: OrderInquiry? {
    if case .watching(let watch) = phase { watch.inquiry } else { nil }
  }

  func connectionEnded() {
    switch phase {
    case .waiting(let submission, let slot):
      // The order stays in the log; nobody is left to be told.
      state.forget(slot)
      submission.settle(.unknown)
      state.tally.count(.clientGone)
    case .watching(let watch): state.watchers.remove(watch.id)
    case .idle, .lookingUp: break
    }
    phase = .idle
    connection = nil
  }

  func examine(_ head: HTTPRequest) -> Problem? {
    guard head.method == .post, let sale = head.path.flatMap(IntakeResponder.saleOfOrders) else { return nil }
    do throws(Problem) {
      let head = try OrderHead(
        OrderFields(head.headerFields), sale: sale, catalog: state.catalog, recognition: recognition,
        believesField: isFieldBelieved, entry: gate.entry)
      // An order with a key may have won.
      if head.key == nil, let refusal = head.refusal { throw refusal }
      return nil
    } catch {
      state.turnedAway(.problem(error.code), of: SaleID(rawValue: sale).flatMap { state.catalog[$0] }?.number)
      return error
    }
  }

  func serve(_ bytes: UnsafeRawBufferPointer, on connection: HTTPConnection) -> DirectReading {
    self.connection = connection
    switch PlainRequest.read(bytes) {
    case .partial: return .partial
    case .other: return .other
    case .whole(let request): return take(request) ? .served(request.length) : .other
    }
  }

  /// Answers a request, or begins to; false if it is for the routes to say what is wrong with it.
  private func take(_ request: PlainRequest) -> Bool {
    isOldVersion = request.isOldVersion
    endpoint = Endpoint(request.target)
    if let connection { arrivedAt = connection.readAt }
    switch request.target {
    case .orders(let sale):
      guard let sale = state.catalog[sale], request.isJSON else { return false }
      do throws(Problem) {
        let caller = try caller(of: request)
        guard var head = OrderHead(request, sale: sale, caller: caller, believesField: isFieldBelieved)
        else { return false }
        head.refusal = gate.entry.refusal(of: caller, request.shown, to: sale)
        if head.needsAddress, let peer {
          head.address = gate.proxies.client(of: peer, forwarded: request.forwarded)
        }
        submit(head, request)
      } catch {
        begin(request)
        self.sale = sale.number
        refuse(error)
      }
    case .order(let order, let ticket):
      begin(request)
      do throws(Problem) { tell(order, ticket, try caller(of: request).buyer) } catch { deny(error) }
    case .sale(let id):
      guard let sale = state.catalog[id] else { return false }
      begin(request)
      show { state.saleBytes.sale(sale, to: &$0) }
    case .sales:
      begin(request)
      show { state.saleBytes.page(of: state.catalog, after: nil, to: &$0) }
    }
    return true
  }

  private func caller(of request: PlainRequest) throws(Problem) -> Caller {
    let fields = CallerFields(buyer: request.buyer, authorization: request.authorization)
    return try state.recognition.caller(fields, believesField: isFieldBelieved)
  }

  /// Who sends a request of any form.
  func caller(of head: HTTPRequest) throws(Problem) -> Caller {
    try OrderFields(head.headerFields).caller(recognition, believesField: isFieldBelieved)
  }

  /// Of a connection that does not change.
  private var isFieldBelieved: Bool {
    if let believesField { return believesField }
    let believes = recognition.identification.believesField(of: peer)
    believesField = believes
    return believes
  }

  private func begin(_ request: PlainRequest, hasDeadline: Bool = false) {
    connection?.awaitAnswer(ends: request.endsConnection, hasDeadline: hasDeadline)
  }
}

// MARK: - Orders

extension OrderConnection {
  private func submit(_ head: OrderHead, _ request: PlainRequest) {
    // The wait for the log has the deadline of the loop's table, and that for the store the store's own.
    begin(request, hasDeadline: true)
    sale = head.sale.number
    do throws(Problem) {
      switch try gate.submit(head, body: request.body, from: self, on: state) {
      case .submitted(let submission, let slot): phase = .waiting(submission, slot)
      case .lookUp(let inquiry, let otherwise):
        try orders.checkStore(toRepeat: inquiry)
        lookUp(inquiry, otherwise)
      }
    } catch {
      refuse(error)
    }
  }

  func complete(_ fate: Acknowledgement.Fate) {
    guard case .waiting(let submission, _) = phase else { return }
    phase = .idle
    submission.settle(fate)
    switch fate {
    case .persisted(let offset):
      guard let connection else { return }
      state.accepted(of: submission.order.sale)
      var head = AnswerWriter.Head(status: .accepted, persistence: connection.persistence(isOldVersion: isOldVersion))
      head.order = submission.order
      send(state.listener.answers.make(head) { gate.write(submission, at: offset, to: &$0) }, .accepted)
    case .refused: refuse(Problem.busy("The log did not take the order.").naming(submission.named))
    case .unknown: refuse(.outcomeUnknown(submission.order, hasKey: submission.named != nil))
    }
  }

  /// Answers an order that is not taken.
  private func refuse(_ problem: Problem) {
    guard let connection else { return }
    state.turnedAway(.problem(problem.code), of: sale)
    let persistence = connection.persistence(isOldVersion: isOldVersion)
    send(state.listener.answers.make(problem, persistence: persistence), problem.status)
  }
}

// MARK: - Questions

extension OrderConnection {
  private func tell(_ order: OrderID, _ ticket: UnsafeRawBufferPointer?, _ buyer: BuyerID) {
    do throws(Problem) {
      try tell(try orders.inquiry(order, ticket: ticket, buyer: buyer))
    } catch {
      deny(error)
    }
  }

  func tell(_ inquiry: OrderInquiry) throws(Problem) {
    if let answer = orders.fromMemory(inquiry) { return show(answer.write) }
    try orders.checkStore()
    lookUp(inquiry)
  }

  /// - Parameter otherwise: what becomes of an order that is sent and may not be the first of its key; `nil`: only its
  ///   status is asked.
  private func lookUp(_ inquiry: OrderInquiry, _ otherwise: Otherwise? = nil) {
    guard let loop = connection?.eventLoop else { return }
    phase = .lookingUp
    let asking = NIOLoopBound((self, otherwise), eventLoop: loop)
    orders.lookup.find(inquiry.order, at: inquiry.position) { result in
      loop.execute {
        let (connection, otherwise) = asking.value
        connection.found(result, inquiry, otherwise)
      }
    }
  }

  private func found(
    _ result: Result<OrderLookup.Finding, any Error>, _ inquiry: OrderInquiry, _ otherwise: Otherwise?
  ) {
    // One connection looks up one order at a time, so this is the one that it waits for.
    guard case .lookingUp = phase else { return }
    phase = .idle
    do throws(Problem) {
      guard let otherwise else { return show(try orders.answer(to: inquiry, result, state.catalog).write) }
      if let answer = try orders.answer(toRepeat: inquiry, result, state.catalog) {
        state.turnedAway(.repeated, of: sale)
        return show(answer.write)
      }
      let (submission, slot) = try gate.settle(otherwise, of: inquiry, from: self, on: state)
      phase = .waiting(submission, slot)
    } catch {
      if otherwise == nil { deny(error) } else { refuse(error) }
    }
  }

  func show(_ write: (inout JSONWriter) -> Void) {
    guard let connection else { return }
    var head = AnswerWriter.Head(status: .ok, persistence: connection.persistence(isOldVersion: isOldVersion))
    head.mustNotBeStored = true
    send(state.listener.answers.make(head, write), .ok)
  }

  /// Answers who may not see what they asked for, or not now.
  func deny(_ problem: Problem) {
    guard let connection else { return }
    let persistence = connection.persistence(isOldVersion: isOldVersion)
    send(state.listener.answers.make(problem, mustNotBeStored: true, persistence: persistence), problem.status)
  }

  func send(_ answer: ByteBuffer, _ status: HTTPResponseStatus) {
    let now = NIODeadline.now()
    state.answered(endpoint, status: Int(status.code), since: arrivedAt, now: now)
    connection?.answer(answer, now: now)
  }
}
