/// The partitions of the log: the progress and owner of each, and in red those that are halted.
enum PartitionTable {
  static func html(_ say: Phrasebook, _ list: PartitionList) -> HTML {
    let title = say(ReportWords.partitions, list.topic)
    let halted = list.partitions.count { $0.haltedReason != nil }
    let note: HTML =
      halted == 0
      ? "" : "<p class=\"bad\"><b>\(say(ReportWords.halted, halted.grouped))</b></p>"
    let rows = list.partitions.map { row(say, $0) }
    let table: HTML =
      rows.isEmpty
      ? "<p class=\"soft\">\(say(ReportWords.noPartition))</p>"
      : """
      <div class="scroll" tabindex="0" role="region" aria-label="\(title)"><table><thead><tr>\
      <th>\(say(ReportWords.partition))</th><th>\(say(ReportWords.nextOffset))</th><th>\(say(ReportWords.lag))</th>\
      <th>\(say(ReportWords.epoch))</th><th class="words">\(say(ReportWords.owner))</th>\
      <th>\(say(ReportWords.since))</th><th>\(say(ReportWords.lastSeen))</th></tr></thead><tbody>
      \(rows)</tbody></table></div>
      """
    return """
      <section class="card"><h2>\(title)</h2>\(note)\(table)</section>
      """
  }

  /// Who has it; who had it last, if nobody has.
  private static func owner(_ say: Phrasebook, of entry: PartitionList.Entry) -> String {
    guard let owner = entry.owner else { return "–" }
    return entry.ownerID == nil ? say(ReportWords.nobody, owner) : owner
  }

  private static func row(_ say: Phrasebook, _ entry: PartitionList.Entry) -> HTML {
    let cells: HTML = """
      <td>\(entry.partition.grouped)</td><td>\(entry.nextOffset.grouped)</td>\
      <td>\(entry.lag?.grouped ?? say(ReportWords.unknown))</td>\
      <td>\(entry.epoch.grouped)</td><td class="words">\(owner(say, of: entry))</td>\
      <td>\(entry.ownerID == nil ? "–" : entry.claimedAt?.dateAndTime ?? "–")</td>\
      <td>\(entry.leaseAge.map { say(ReportWords.ago, $0.grouped) } ?? "–")</td>
      """
    guard let reason = entry.haltedReason.map(say.fault) else { return "<tr>\(cells)</tr>\n" }
    let words = entry.haltedAt.map { say(ReportWords.haltedSince, $0.dateAndTime) } ?? say(ReportWords.haltedWord)
    return """
      <tr class="halted">\(cells)</tr>
      <tr class="halted"><td class="words" colspan="7"><b>\(words)</b>: \(reason)</td></tr>

      """
  }
}
