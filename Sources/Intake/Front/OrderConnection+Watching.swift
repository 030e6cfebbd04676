internal import FlashSale
internal import HTTPServing
internal import NIOCore
internal import NIOHTTP1

// Orders that are watched: long polls and streams of events.
//
// (1) A stream ends with an outcome, a problem, or the request to come back, but for a client that has left.
// (2) Whoever watches is in the loop's `LoopWatchers` under one id, and leaves it before it is told the last thing.
extension OrderConnection {
  /// What a connection that watches is told.
  enum News {
    /// Its order's place, counted from this watermark.
    case place(Offset)
    case halted
    case heartbeat
    /// The wait is over, and the order is in line, or the store cannot be asked.
    case over
    case outcome(OrderLookup.Finding)
  }

  func serve(_ head: RequestHead, on connection: HTTPConnection) -> Bool {
    self.connection = connection
    let question = OrderQuestion.watching(head.request) { () throws(Problem) in try caller(of: head.request) }
    guard let question else { return false }
    isOldVersion = head.isOldVersion
    arrivedAt = connection.readAt
    if case .poll = question.manner { endpoint = .wait } else { endpoint = .events }
    connection.awaitAnswer(ends: !head.keepsConnection, hasDeadline: true)
    do throws(Problem) {
      let inquiry = try orders.inquiry(question.order, ticket: question.ticket, buyer: question.buyer)
      switch question.manner {
      case .now: return false
      case .poll(let wait): try poll(inquiry, wait)
      case .stream(let last): try stream(inquiry, last)
      }
    } catch {
      deny(error)
    }
    return true
  }

  // MARK: The beginning

  /// Waits for the outcome, or answers at once where there is no waiting: without a ticket, at the limit of watchers,
  /// and when the connection is about to end.
  private func poll(_ inquiry: OrderInquiry, _ wait: Duration) throws(Problem) {
    if let connection, !connection.isDraining, !connection.isInputClosed, let position = inquiry.position,
      let id = state.watchers.add(self, at: position, wait: wait, told: 0)
    {
      phase = .watching(Watch(inquiry: inquiry, position: position, id: id, isStream: false))
    } else {
      try tell(inquiry)
    }
  }

  private func stream(_ inquiry: OrderInquiry, _ last: OrderQuestion.LastEvent?) throws(Problem) {
    guard let connection else { return }
    guard !connection.isDraining else { throw .busy("This intake is about to stop.") }
    guard last != .outcome else {
      // Clients come back when a stream ends, however it ended. This answer alone makes them stop (the HTML standard).
      let persistence = connection.persistence(isOldVersion: isOldVersion)
      return send(state.listener.answers.makeNoContent(persistence: persistence), .noContent)
    }
    guard let position = inquiry.position else {
      // It has an outcome or is not found: nothing to wait for.
      try orders.checkStore()
      return lookUpDecided(inquiry)
    }
    let standing = orders.standing(of: position)
    // A place that was told by an intake that knew more never grows; nobody is behind herself.
    var told = standing.watermark
    if case .place(let before) = last { told = max(told, min(before, position.offset)) }
    guard let id = state.watchers.add(self, at: position, wait: nil, told: told) else {
      throw .busy("Too many orders are watched here. Ask for the status instead.")
    }
    phase = .watching(Watch(inquiry: inquiry, position: position, id: id, isStream: true))
    openStream()
    tellPlace(.place, inquiry, from: told)
  }

  /// Looks up an order of which no ticket tells the place.
  private func lookUpDecided(_ inquiry: OrderInquiry) {
    guard let loop = connection?.eventLoop else { return }
    phase = .lookingUp
    let asking = NIOLoopBound(self, eventLoop: loop)
    orders.lookup.find(inquiry.order, at: nil) { result in
      loop.execute { asking.value.foundDecided(result, inquiry) }
    }
  }

  private func foundDecided(_ result: Result<OrderLookup.Finding, any Error>, _ inquiry: OrderInquiry) {
    guard case .lookingUp = phase else { return }
    phase = .idle
    do throws(Problem) {
      let answer = try orders.answer(to: inquiry, result, state.catalog)
      openStream()
      end(answer)
    } catch {
      deny(error)
    }
  }

  /// Begins the answer, and says when to come back if it ends early.
  private func openStream() {
    guard let connection else { return }
    state.answered(endpoint, status: 200, since: arrivedAt)
    connection.beginStream(EventWriter.fields, isOldVersion: isOldVersion)
    let pause = Int.random(in: Limits.reconnectMilliseconds)
    connection.streamPart { state.watchers.events.retry(milliseconds: pause, to: &$0) }
  }

  // MARK: What it hears

  /// What a watcher is told. Outcomes and the end of a wait come when it watches no more.
  func hear(_ news: News) {
    guard case .watching(let watch) = phase, let connection else { return }
    switch news {
    case .place(let watermark):
      // Who does not read needs no more places, only the last one.
      if connection.isTakingStream { tellPlace(.place, watch.inquiry, from: watermark) }
    case .halted:
      tellPlace(.halted, watch.inquiry, from: orders.standing(of: watch.position).watermark)
    case .heartbeat:
      if connection.isTakingStream { connection.streamPart { state.watchers.events.heartbeat(to: &$0) } }
    case .over:
      phase = .idle
      answerNow(watch.inquiry)
    case .outcome(let finding):
      phase = .idle
      do throws(Problem) {
        let answer = try orders.answer(to: watch.inquiry, .success(finding), state.catalog)
        if watch.isStream { end(answer) } else { show(answer.write) }
      } catch {
        if watch.isStream { end(error) } else { deny(error) }
      }
    }
  }

  private func tellPlace(_ event: EventWriter.Name, _ inquiry: OrderInquiry, from watermark: Offset) {
    // Nothing where the watermark has passed the order: its outcome is about to come.
    guard let answer = orders.queued(inquiry, from: watermark) else { return }
    connection?.streamPart { state.watchers.events.event(event, id: "\(watermark)", to: &$0, answer.write) }
  }

  /// Ends a stream with its order's outcome.
  private func end(_ answer: OrderAnswer) {
    connection?.streamPart { state.watchers.events.event(.outcome, id: EventWriter.outcomeID, to: &$0, answer.write) }
    connection?.endStream()
  }

  /// Ends a stream whose order's outcome cannot be told.
  private func end(_ problem: Problem) {
    connection?.streamPart { state.watchers.events.event(.problem, to: &$0, problem.write) }
    connection?.endStream()
  }

  /// Answers a long poll whose wait is over.
  private func answerNow(_ inquiry: OrderInquiry) {
    do throws(Problem) { try tell(inquiry) } catch { deny(error) }
  }

  // MARK: The end

  func inputEnded() {
    // A stream's connection is closed already. A poll's client may still read: it waits no longer.
    guard case .watching(let watch) = phase, !watch.isStream else { return }
    leave(watch)
    answerNow(watch.inquiry)
  }

  func drains() {
    guard case .watching(let watch) = phase else { return }
    leave(watch)
    guard watch.isStream else { return answerNow(watch.inquiry) }
    let pause = Int.random(in: Limits.reconnectMilliseconds)
    connection?.streamPart {
      state.watchers.events.event(.comeBack, to: &$0) { $0.field("retry_after_ms", pause) }
    }
    connection?.endStream()
  }

  /// It watches no more, and nothing is awaited on the connection.
  private func leave(_ watch: Watch) {
    state.watchers.remove(watch.id)
    phase = .idle
  }
}
