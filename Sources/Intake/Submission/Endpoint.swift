/// What a request asks for, as the metrics tell its answers apart.
enum Endpoint: Int, CaseIterable {
  /// An order is placed.
  case submit
  /// Where an order stands.
  case status
  /// Where an order stands, as soon as it is decided.
  case wait
  /// An order's events: until they begin.
  case events
  /// All sales.
  case sales
  /// One sale.
  case sale
  /// A waiting room.
  case room
  /// Something is to happen to an order.
  case command
  /// Anything else, and what could not be read.
  case other

  /// What a request of the plain form asks for.
  init(_ target: PlainRequest.Target) {
    switch target {
    case .orders: self = .submit
    case .order: self = .status
    case .sales: self = .sales
    case .sale: self = .sale
    }
  }
}

/// How an answer turned out: the first digit of its status.
enum StatusClass: Int, CaseIterable {
  case success, clientError, serverError

  /// As a metric's label.
  var text: String {
    switch self {
    case .success: "2xx"
    case .clientError: "4xx"
    case .serverError: "5xx"
    }
  }

  init(_ status: Int) {
    switch status {
    case ..<400: self = .success
    case ..<500: self = .clientError
    default: self = .serverError
    }
  }
}
