internal import Metrics

/// Counts an event loop's answers to orders, and hands them to the metrics with each tick: no request touches a counter
/// that another loop uses.
struct AnswerTally {
  private struct Entry {
    let code: StaticString
    let counter: Counter
    var count = 0
  }

  // Some twenty codes, told apart by where their literals stand.
  private var entries: [Entry] = []

  /// Counts one answer by its code (`accepted`, or a problem's).
  mutating func count(_ code: StaticString) {
    if let index = entries.firstIndex(where: { $0.code.utf8Start == code.utf8Start }) {
      entries[index].count += 1
    } else {
      let counter = Counter(label: "penstock_intake_answers_total", dimensions: [("code", "\(code)")])
      entries.append(Entry(code: code, counter: counter, count: 1))
    }
  }

  /// Hands over what was counted since the last time.
  mutating func publish() {
    for index in entries.indices where entries[index].count > 0 {
      entries[index].counter.increment(by: entries[index].count)
      entries[index].count = 0
    }
  }
}
