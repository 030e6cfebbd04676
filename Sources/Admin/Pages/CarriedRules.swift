internal import FlashSale

/// What a copy of a sale has of its source beside the fields of the form.
enum CarriedRules {
  static func html(_ frame: PageFrame, _ sale: Sale) -> HTML {
    let say = frame.say
    let rules = words(say, sale).map { rule -> HTML in "<li>\(rule)</li>" }
    return """
      <section class="card"><h2>\(say(CopyWords.copyOf, sale.name))</h2><p>\(say(CopyWords.carried))</p>\
      <ul>\(rules)</ul></section>
      """
  }

  private static func words(_ say: Phrasebook, _ sale: Sale) -> [String] {
    var words = [say(sale.ordering == .sale ? CopyWords.orderingSale : CopyWords.orderingSKU)]
    if let holds = sale.holds {
      words.append(say(CopyWords.extensions, "\(holds.extensions)", "\(holds.extensionSeconds)"))
      words.append(say(holds.latePayment == .ifFree ? CopyWords.lateIfFree : CopyWords.lateRefund))
      if let lapses = holds.lapses { words.append(say(CopyWords.lapses, "\(lapses)")) }
      if let waitlist = holds.waitlist { words.append(say(CopyWords.waitlist, "\(waitlist.offerSeconds)")) }
    }
    let shaping = sale.shaping
    if let room = shaping.room {
      words.append(say(room.order == .lottery ? CopyWords.lottery : CopyWords.room, "\(room.ratePerMinute)"))
    }
    if let cap = shaping.queueCap { words.append(say(CopyWords.queueCap, "\(cap)")) }
    let others: [(Bool, CopyWords)] = [
      (shaping.limits != nil, .rates), (shaping.subjects != nil, .subjects), (shaping.codes != nil, .codes),
      (shaping.claim != nil, .claim), (shaping.proofOfWork != nil, .proof), (shaping.verdict != nil, .verdict),
    ]
    return words + others.filter(\.0).map { say($0.1) }
  }
}
