internal import FlashSale
internal import Foundation
internal import HTTPTypes

/// What a path asks for.
enum Route: Hashable {
  case health, ready, metrics
  case root, salesPage
  case salePage(SaleID)
  case sales
  case sale(SaleID)
  case close(SaleID)
  case report(SaleID)
  case orders(SaleID, OrderExport)
  case partitions
  case resume(Partition)
  case drain(worker: Int64)

  /// The route of a request's path, percent-encoded as it came; `nil` if there is nothing, or where a sale's id stands
  /// that cannot be one.
  init?(path: String) {
    // Split before decoding, so that an encoded slash stays inside its segment. An empty segment is one: a gateway that
    // guards `/admin` must not meet `//admin` that means the same.
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
      .map { $0.removingPercentEncoding ?? "" }
    switch segments.count {
    case 1...2: self.init(fixed: segments)
    default:
      if segments == ["admin", "api", "sales"] {
        self = .sales
      } else if segments == ["admin", "api", "partitions"] {
        self = .partitions
      } else if segments.starts(with: ["admin", "api", "partitions"]) {
        self.init(ofPartition: segments[3], segments.dropFirst(4))
      } else if segments.starts(with: ["admin", "api", "workers"]), segments.count == 5 {
        self.init(ofWorker: segments[3], segments.dropFirst(4))
      } else if segments.starts(with: ["admin", "api", "sales"]) {
        self.init(ofSale: segments[3], segments.dropFirst(4))
      } else if segments.starts(with: ["admin", "sales"]), segments.count == 3, let id = SaleID(rawValue: segments[2]) {
        self = .salePage(id)
      } else {
        return nil
      }
    }
  }

  private init?(fixed segments: [String]) {
    switch segments {
    case [""]: self = .root
    case ["healthz"]: self = .health
    case ["readyz"]: self = .ready
    case ["metrics"]: self = .metrics
    case ["admin"], ["admin", "sales"]: self = .salesPage
    default: return nil
    }
  }

  private init?(ofSale id: String, _ action: ArraySlice<String>) {
    guard let id = SaleID(rawValue: id), action.count <= 1 else { return nil }
    switch action.first {
    case nil: self = .sale(id)
    case "close": self = .close(id)
    case "report": self = .report(id)
    case let name?:
      guard name.hasPrefix("orders."), let form = OrderExport(rawValue: String(name.dropFirst(7))) else { return nil }
      self = .orders(id, form)
    }
  }

  private init?(ofPartition number: String, _ action: ArraySlice<String>) {
    // Written in one way only, as a number in a list is.
    guard action == ["resume"], let partition = Int32(number), partition >= 0, "\(partition)" == number else {
      return nil
    }
    self = .resume(Partition(partition))
  }

  private init?(ofWorker number: String, _ action: ArraySlice<String>) {
    guard action == ["drain"], let id = Int64(number), id >= 0, "\(id)" == number else { return nil }
    self = .drain(worker: id)
  }

  /// The methods that it takes, as `Allow` lists them.
  var allow: StaticString {
    switch self {
    case .sales: "GET, HEAD, POST, OPTIONS"
    case .close, .resume, .drain: "POST, OPTIONS"
    default: "GET, HEAD, OPTIONS"
    }
  }

  /// Whether it takes a method.
  func takes(_ method: HTTPRequest.Method) -> Bool {
    "\(allow)".components(separatedBy: ", ").contains(method.rawValue)
  }

  /// Whether a POST to it has a body.
  var takesBody: Bool {
    switch self {
    case .sales, .resume: true
    default: false
    }
  }

  /// Whether it needs no token: probes and scrapers carry none.
  var isPublic: Bool {
    switch self {
    case .health, .ready, .metrics: true
    default: false
    }
  }

  /// Whether a person with a browser asks: then errors are pages too.
  var isPage: Bool {
    switch self {
    case .root, .salesPage, .salePage: true
    default: false
    }
  }

  /// A name with few values, for a metric's label.
  var label: String {
    switch self {
    case .health: "healthz"
    case .ready: "readyz"
    case .metrics: "metrics"
    case .root, .salesPage, .salePage: "page"
    case .sales, .sale: "sales"
    case .close: "close"
    case .report: "report"
    case .orders: "orders"
    case .partitions: "partitions"
    case .resume: "resume"
    case .drain: "drain"
    }
  }
}
