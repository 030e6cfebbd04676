internal import FlashSale

/// A buyer's program: tries one purchase, and tries it again with the same key while it does not know the outcome.
struct Client {
  /// Index of what it wants.
  let purchase: Int
  var attemptsLeft: Int
  var attempts = 0
}

/// What intake tells a client.
enum Answer {
  /// 202 with a ticket.
  case accepted(OrderID, ticket: String)
  case refused(String)

  /// 200: it was sent before, and is decided.
  case decided(OrderID, Outcome)

  /// 403: comes back.
  case tooEarly

  /// 503: nothing was written, and nothing will be.
  case failed

  /// 504: nobody knows (I12).
  case unknown
}

extension World {
  mutating func clientComes(_ client: Int) {
    guard clients[client].attemptsLeft > 0 else { return }
    let running = intakes.indices.filter { intakes[$0].isRunning }
    guard !running.isEmpty else { return after(Limits.clientPause, .clientComes(client)) }
    clients[client].attemptsLeft -= 1
    clients[client].attempts += 1
    accept(client, at: running[random.index(below: running.count)])
  }

  /// An answer goes to the client, and is lost where the faults say so: then the client knows nothing.
  mutating func answer(_ client: Int, _ answer: Answer) {
    let isLost = random.happens(perMille: faults.answerLost)
    switch answer {
    case _ where isLost:
      note("client \(client)", "gets no answer")
      after(Limits.clientPause, .clientComes(client))
    case .accepted(let order, let ticket):
      let buyer = shop.purchases[clients[client].purchase].buyer
      let stranger = BuyerID(unchecked: "stranger")
      guard let place = signer.verify(ticket, order: order, buyer: buyer)?.position else {
        return violate("I3", "client \(client) got a ticket that its own intake's key does not verify")
      }
      if signer.verify(ticket, order: order, buyer: stranger) != nil {
        return violate("I3", "the ticket of client \(client) is good for somebody else")
      }
      note("client \(client)", "is queued at \(place)")
      // Some press the button again.
      if random.happens(perMille: 150) { after(Limits.clientPause, .clientComes(client)) }
    case .decided(let order, let outcome): note("client \(client)", "hears that \(order) is \(outcome)")
    case .refused(let reason): note("client \(client)", "is refused: \(reason)")
    case .tooEarly, .failed, .unknown:
      note("client \(client)", "is told \(answer)")
      after(Limits.clientPause, .clientComes(client))
    }
  }
}
