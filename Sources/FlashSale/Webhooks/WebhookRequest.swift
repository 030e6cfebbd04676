internal import Foundation

/// An endpoint as somebody wants it: JSON of exactly this shape, `{"url": "…", "events": ["paid"], "concurrency": 5}`.
public struct WebhookRequest: Hashable, Sendable {
  /// In the form in which it is asked: the host in small letters.
  public let url: String

  /// Empty: all.
  public let events: Set<OrderEvent.Kind>
  public let concurrency: Int32

  /// Creates a request, or says what is wrong with it.
  public init(
    url: String, events: Set<OrderEvent.Kind> = [], concurrency: Int32 = Limits.webhookConcurrencyDefault
  ) throws(ValidationError) {
    guard let canonical = Self.canonical(url) else {
      throw ValidationError(
        "url",
        """
        must be an http or https URL of at most \(Limits.webhookURLBytes) bytes with a host, and without a user or a \
        fragment
        """)
    }
    guard (1...Limits.webhookConcurrency).contains(concurrency) else {
      throw ValidationError("concurrency", "must be 1 to \(Limits.webhookConcurrency)")
    }
    self.url = canonical
    self.events = events
    self.concurrency = concurrency
  }

  private static func canonical(_ text: String) -> String? {
    guard text.utf8.count <= Limits.webhookURLBytes, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      var parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      let host = parts.host?.lowercased(), ["http", "https"].contains(scheme), !host.isEmpty, parts.user == nil,
      parts.password == nil, parts.fragment == nil, (1...65_535).contains(parts.port ?? 1)
    else { return nil }
    parts.scheme = scheme
    parts.host = host
    return parts.string
  }

  /// Reads the JSON form. `events` and `concurrency` may be left out or `null`.
  ///
  /// - Throws: `malformed` if it is no JSON; else the first field that is wrong.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    self = try JSONReader.object(in: body) { json throws(BodyError) in try WebhookRequest(fields: &json) }
  }

  private init(fields json: inout JSONReader) throws(BodyError) {
    var fields = JSONFields(of: "a webhook", ["url", "events", "concurrency"])
    var url: String?
    var events: Set<OrderEvent.Kind> = []
    var concurrency = Limits.webhookConcurrencyDefault
    while let field = try fields.next(&json) {
      switch field {
      case "url": url = try json.text(field)
      case "events": if !json.takeNull() { events = try Self.events(&json) }
      default: if !json.takeNull() { concurrency = try json.wholeNumber(field, in: 1...Limits.webhookConcurrency) }
      }
    }
    let required = try fields.required(url, "url")
    do throws(ValidationError) {
      try self.init(url: required, events: events, concurrency: concurrency)
    } catch {
      throw BodyError(error)
    }
  }

  private static func events(_ json: inout JSONReader) throws(BodyError) -> Set<OrderEvent.Kind> {
    guard json.beginArray() else { throw .invalidField("events", "must be an array of names of events") }
    var events: Set<OrderEvent.Kind> = []
    while try json.nextElement() {
      guard let kind = OrderEvent.Kind(code: try json.text("events")) else {
        let names = OrderEvent.Kind.allCases.map(\.code).joined(separator: ", ")
        throw .invalidField("events", "has an unknown name: there are \(names)")
      }
      events.insert(kind)
    }
    return events
  }
}
