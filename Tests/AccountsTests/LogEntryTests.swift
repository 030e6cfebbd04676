import Accounts
import Time
import Testing

@Suite struct LogEntryTests {
  private static let at = Timestamp(microseconds: 1_780_000_000_000_000)

  private static func log(_ count: Int) -> [LogEntry] {
    var entries: [LogEntry] = []
    for number in 1...count {
      let content = LogEntry.Content(
        who: "mia", action: .saleClosed, subject: "double11", from: "open", to: "closed", why: "sold out \(number)")
      let head = entries.last.map { LogHead(number: $0.number, hash: $0.hash) } ?? .none
      entries.append(LogEntry(content, at: at, after: head))
    }
    return entries
  }

  private static func firstBroken(_ entries: [LogEntry]) -> Int64? {
    var head = LogHead.none
    for entry in entries {
      guard entry.follows(head) else { return entry.number }
      head = LogHead(number: entry.number, hash: entry.hash)
    }
    return nil
  }

  @Test func `an honest log holds, and each change to any field of any line breaks it there`() {
    let entries = Self.log(5)
    #expect(Self.firstBroken(entries) == nil)
    let changes: [@Sendable (inout LogEntry.Content) -> Void] = [
      { $0.who = "eve" }, { $0.action = .saleCreated }, { $0.subject = "double12" }, { $0.from = nil }, { $0.to = "" },
      { $0.why = "" }, { $0.problem = "busy" }, { $0.address = "::1" },
      // Bytes that move from one field to the next.
      { ($0.from, $0.to) = ("openc", "losed") },
    ]
    for change in changes {
      var changed = entries
      var content = changed[2].content
      change(&content)
      changed[2] = LogEntry(number: 3, at: Self.at, content: content, hash: changed[2].hash)
      #expect(Self.firstBroken(changed) == 3)
    }
    var changed = entries
    changed[2] = LogEntry(
      number: 3, at: Self.at.after(.microseconds(1)), content: changed[2].content, hash: changed[2].hash)
    #expect(Self.firstBroken(changed) == 3)
  }

  @Test func `a line that is taken out, put in or moved breaks the log`() {
    let entries = Self.log(5)
    #expect(Self.firstBroken([0, 1, 3, 4].map { entries[$0] }) == 4)
    #expect(Self.firstBroken([0, 2, 1, 3, 4].map { entries[$0] }) == 3)
    // Hashed anew, a changed line still does not fit the one behind it.
    var content = entries[2].content
    content.why = "another reason"
    let forged = LogEntry(content, at: Self.at, after: LogHead(number: 2, hash: entries[1].hash))
    #expect(Self.firstBroken([entries[0], entries[1], forged, entries[3]]) == 4)
  }

  @Test func `what a page or a terminal may act upon is not kept, and long texts are cut`() {
    let content = LogEntry.Content(
      who: "mia", action: .saleClosed, subject: "a\u{0}b\u{1B}[2Jc", why: String(repeating: "理", count: 10_240))
    #expect(content.subject == "a\u{FFFD}b\u{FFFD}[2Jc")
    #expect(content.why.utf8.count <= 4_000 && content.why.hasSuffix("理…"))
  }
}
