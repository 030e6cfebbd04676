internal import FlashSale
internal import Lane

extension SimulatedStore {
  /// What is counted for limit subjects, as it is committed now.
  func loadSubjects(_ needs: BatchNeeds, into facts: inout LoadedFacts) {
    guard !needs.subjects.isEmpty || !needs.subjectSales.isEmpty else { return }
    var counts: [LaneStock.Subject: Int64] = [:]
    var lapses: [LaneStock.Subject: Int64] = [:]
    for row in subjects {
      counts[row.subject, default: 0] += Int64(row.count.rawValue)
      if lives.holds[row.order]?.isLapsed == true { lapses[row.subject, default: 0] += 1 }
    }
    for (subject, count) in counts {
      if needs.subjects.contains(subject), bug != .subjectForgotten {
        facts.add(subject, counts: count, lapses: lapses[subject] ?? 0)
      }
      if needs.subjectSales.contains(subject.sale), bug != .subjectHolderForgotten { facts.add(holder: subject) }
    }
  }
}
