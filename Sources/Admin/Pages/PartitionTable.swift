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
      <th class="words">owner</th></tr></thead><tbody>
      \(rows)</tbody></table></div>
      """
    return """
      <section class="card"><h2>Partitions of <code>\(list.topic)</code></h2>\(note)\(table)</section>
      """
  }

  private static func row(_ entry: PartitionList.Entry) -> HTML {
    let cells: HTML = """
      <td>\(entry.partition.grouped)</td><td>\(entry.nextOffset.grouped)</td>\
      <td>\(entry.lag?.grouped ?? "unknown")</td>\
      <td class="words">\(entry.owner ?? "–")</td>
      """
    guard let reason = entry.haltedReason else { return "<tr>\(cells)</tr>\n" }
    let since = entry.haltedAt.map { " since \($0.dateAndTime)" } ?? ""
    return """
      <tr class="halted">\(cells)</tr>
      <tr class="halted"><td class="words" colspan="4"><b>halted\(since)</b>: \(reason)</td></tr>

      """
  }
}
