internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Metrics
internal import SaleStore
internal import Telemetry
internal import Vitals

extension AdminAPI {
  /// All orders of a sale as a file. It is as of `as_of`, or of now; the answer names the vector, so that the same file
  /// can be had again, and compared with a report.
  func orders(_ visit: Visit, _ form: OrderExport) async throws -> Response {
    let id: SaleID = try visit.parameter()
    let query = visit.request.uri.queryParameters
    let hasMark = try query.flag("bom")
    let showsBuyers = try visit.showsBuyers()
    let vector = try await desk.reached(query.vector())
    let words = "\(form.rawValue), buyers \(showsBuyers ? "plain" : "masked"), as of \(vector)"
    let body = try await visit.logged(.ordersExported, id.rawValue, to: words) {
      try await desk.export(of: id, as: form, hasMark: hasMark, masksBuyers: !showsBuyers, asOf: vector)
    }
    // A sale's id needs no quoting in a file's name.
    var response = Response.file(body, type: form.mediaType, name: form.name(of: id, asOf: vector))
    response.headers[.asOf] = "\(vector)"
    response.headers[.link] = "</admin/api/sales/\(id)/report?as_of=\(vector)>; rel=\"describedby\""
    return response
  }
}

extension Visit {
  /// The vector of `as_of`, if there is one.
  func vector() throws(Problem) -> OffsetVector? { try request.uri.queryParameters.vector() }

  /// What the admin log says of a report in a form.
  func words(of form: String, asOf vector: OffsetVector?) -> String { vector.map { "\(form), as of \($0)" } ?? form }
}

extension SaleDesk {
  /// All orders of a sale as of a vector, read while they are sent.
  func export(
    of id: SaleID, as form: OrderExport, hasMark: Bool, masksBuyers: Bool, asOf vector: OffsetVector
  ) async throws -> ResponseBody {
    let stored = try await stored(id)
    let exported = Counter(AdminMetric.exportedOrders, factory: metrics)
    return form.body(
      store.orderPages(of: stored, asOf: vector), hasMark: hasMark, masksBuyers: masksBuyers, exported: exported)
  }

  /// How far the lanes have decided, or an earlier vector. Throws a 400 for one that they have not reached.
  func reached(_ asOf: OffsetVector?) async throws -> OffsetVector {
    let now = try await asking("progress") { [store, topic] in try await store.vector(topic: topic) }
    guard let asOf else { return now }
    guard asOf.isCovered(by: now) else {
      throw Problem.invalidParameter("as_of", "names places of the log that are not decided here")
    }
    return asOf
  }
}

extension HTTPField.Name {
  /// The vector that an answer is as of.
  static let asOf = HTTPField.Name("Penstock-As-Of") ?? .eTag

  /// Where the report of an export stands (RFC 8288).
  static let link = HTTPField.Name("Link") ?? .location
}

extension FlatDictionary<Substring, Substring> {
  /// The vector of `as_of`, if there is one.
  func vector() throws(Problem) -> OffsetVector? {
    guard let text = self["as_of"] else { return nil }
    guard let vector = OffsetVector(String(text)) else {
      throw Problem.invalidParameter("as_of", "must be as a report or an export has told it")
    }
    return vector
  }

  /// A parameter that is `true` or `false`; false if it is not there.
  func flag(_ name: String) throws(Problem) -> Bool {
    switch self[Substring(name)] {
    case nil, "false": return false
    case "true", "": return true
    default: throw Problem.invalidParameter(name, "must be true or false")
    }
  }
}
