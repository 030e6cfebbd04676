internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import HummingbirdCore

/// What is asked about an order, by whom and how: `GET /v1/orders/{id}`, with or without `wait`, and
/// `GET /v1/orders/{id}/events`. One reading for those who answer at once and those who watch.
struct OrderQuestion {
  enum Manner: Equatable {
    /// The status as it is.
    case now
    /// The outcome if it comes in this time, or else the status as it is then.
    case poll(Duration)
    /// The place as it changes, and the outcome.
    case stream(LastEvent?)
  }

  /// `Last-Event-ID`: what a client that comes back has heard. Anything else than an id of ours says nothing.
  enum LastEvent: Equatable {
    /// A place, counted from this watermark.
    case place(Offset)
    case outcome

    init?(_ text: String) {
      if text == EventWriter.outcomeID {
        self = .outcome
      } else if let number = Int64(text), number >= 0 {
        self = .place(Offset(number))
      } else {
        return nil
      }
    }
  }

  let order: OrderID
  let buyer: BuyerID
  let ticket: String?
  let manner: Manner

  /// - Parameters:
  ///   - order: of the path.
  ///   - buyer: who asks.
  ///   - isStream: it is the path of the events.
  /// - Throws: the first thing that is wrong, in this order: order, `wait`.
  init(_ head: HTTPRequest, order: String, buyer: BuyerID, isStream: Bool) throws(Problem) {
    self.buyer = buyer
    guard let order = OrderID(order) else { throw .orderNotFound }
    self.order = order
    let query = URI(head.path ?? "").queryParameters
    ticket = query["ticket"].map(String.init)
    let wait = try WaitTime.asked(in: query)
    if isStream {
      if wait != nil { throw .invalidParameter("wait", "is not for events, which wait for as long as it takes") }
      manner = .stream(HTTPField.Name("Last-Event-ID").flatMap { head.headerFields[$0] }.flatMap(LastEvent.init))
    } else {
      manner = wait.map { .poll($0) } ?? .now
    }
  }

  /// Reads a request that is for someone who watches; `nil` if it is another, or wrong: then the routes say so.
  ///
  /// - Parameter caller: who sends it; asked if it is a request about an order.
  static func watching(_ head: HTTPRequest, by caller: () throws(Problem) -> Caller) -> OrderQuestion? {
    guard head.method == .get, let target = head.path,
      let segments = RequestPath(target.prefix { $0 != "?" })?.segments, segments.starts(with: ["v1", "orders"]),
      segments.count == 3 || (segments.count == 4 && segments[3] == "events"),
      let buyer = try? caller().buyer,
      let question = try? OrderQuestion(head, order: segments[2], buyer: buyer, isStream: segments.count == 4)
    else { return nil }
    return question.manner == .now ? nil : question
  }
}
