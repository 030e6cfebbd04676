/// The partitions of the log: the progress and owner of each, and in red those that are halted.
enum PartitionTable {
  static func html(_ list: PartitionList) -> HTML {
    let halted = list.partitions.count { $0.haltedReason != nil }
    let note: HTML =
      halted == 0
      ? "" : "<p class=\"bad\"><b>\(halted.grouped) halted</b>: nobody works on them until a person has looked.</p>"
    let rows = list.partitions.map(row)
    let table: HTML =
      rows.isEmpty
      ? "<p class=\"soft\">No worker has claimed a partition yet.</p>"
      : """
      <div class="scroll"><table><thead><tr><th>partition</th><th>next offset</th><th>lag</th>\
      <th>epoch</th><th class="words">owner</th><th>since</th><th>last seen</th></tr></thead><tbody>
      \(rows)</tbody></table></div>
      """
    return """
      <section class="card"><h2>Partitions of <code>\(list.topic)</code></h2>\(note)\(table)</section>
      """
  }

  /// Who has it; who had it last, if nobody has.
  private static func owner(of entry: PartitionList.Entry) -> String {
    guard let owner = entry.owner else { return "–" }
    return entry.ownerID == nil ? "nobody (last \(owner))" : owner
  }

  private static func row(_ entry: PartitionList.Entry) -> HTML {
    let cells: HTML = """
      <td>\(entry.partition.grouped)</td><td>\(entry.nextOffset.grouped)</td>\
      <td>\(entry.lag?.grouped ?? "unknown")</td>\
      <td>\(entry.epoch.grouped)</td><td class="words">\(owner(of: entry))</td>\
      <td>\(entry.ownerID == nil ? "–" : entry.claimedAt?.dateAndTime ?? "–")</td>\
      <td>\(entry.leaseAge.map { "\($0.grouped) ms ago" } ?? "–")</td>
      """
    guard let reason = entry.haltedReason else { return "<tr>\(cells)</tr>\n" }
    let since = entry.haltedAt.map { " since \($0.dateAndTime)" } ?? ""
    return """
      <tr class="halted">\(cells)</tr>
      <tr class="halted"><td class="words" colspan="7"><b>halted\(since)</b>: \(reason)</td></tr>

      """
  }
}
