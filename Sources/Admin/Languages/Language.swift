internal import Foundation
internal import Hummingbird
internal import Time

/// A language of the pages. The raw values are those of HTML's `lang`.
enum Language: String, CaseIterable, Sendable {
  case english = "en"
  case chinese = "zh-Hans"

  /// In itself, for who looks for it.
  var ownName: String {
    switch self {
    case .english: "English"
    case .chinese: "简体中文"
    }
  }

  /// The one that was chosen by the switch, else the first of `Accept-Language` that there is, else English.
  init(of request: Request) {
    if let chosen = SessionCookie.value(SessionCookie.language, in: request).flatMap(Language.init(rawValue:)) {
      self = chosen
      return
    }
    let wanted = (request.headers[.acceptLanguage] ?? "").split(separator: ",").enumerated()
      .compactMap { index, part -> (tag: String, weight: Double, index: Int)? in
        let parts = part.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
        guard let tag = parts.first else { return nil }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
        return weight > 0 ? (tag, weight, index) : nil
      }
    let best = wanted.sorted { ($1.weight, $0.index) < ($0.weight, $1.index) }.lazy
      .compactMap { Language(tag: $0.tag) }.first
    self = best ?? .english
  }

  private init?(tag: String) {
    switch tag.prefix(2) {
    case "en": self = .english
    case "zh": self = .chinese
    default: return nil
    }
  }
}

/// A text of the pages, in every language. Each table of them stands in a file of its own. `{1}`, `{2}` stand for
/// values.
protocol Message: CaseIterable, Sendable {
  var texts: (english: String, chinese: String) { get }
}

/// Says messages in one language, and times in one zone with UTC beside.
struct Phrasebook: Sendable {
  let language: Language
  var zone: TimeZone = .gmt

  func time(_ instant: Timestamp) -> String { LocalTime.both(instant, in: zone) }

  /// The same without seconds, and with milliseconds.
  func minute(_ instant: Timestamp) -> String { LocalTime.both(instant, in: zone, .minute) }
  func exact(_ instant: Timestamp) -> String { LocalTime.both(instant, in: zone, .millisecond) }

  /// Whose clocks a chart's times are by: `Asia/Shanghai`, or `UTC`.
  var clocks: String { zone == .gmt ? "UTC" : zone.identifier }

  func callAsFunction(_ message: some Message, _ values: String...) -> String { said(message, values) }

  /// The same with the values in a list.
  func said(_ message: some Message, _ values: [String]) -> String {
    var text =
      switch language {
      case .english: message.texts.english[...]
      case .chinese: message.texts.chinese[...]
      }
    // In one pass: what stands for a value may have braces of its own.
    var said = ""
    while let open = text.firstIndex(of: "{"), let close = text[open...].firstIndex(of: "}") {
      said += text[..<open]
      let place = Int(text[text.index(after: open)..<close]).map { $0 - 1 }
      if let place, values.indices.contains(place) { said += values[place] } else { said += text[open...close] }
      text = text[text.index(after: close)...]
    }
    return said + text
  }
}
