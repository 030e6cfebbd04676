internal import FlashSale
internal import HTTPServing

extension OrderTerms {
  /// What an order of a sale with limits beyond its buyers counts for.
  ///
  /// Throws `invalid_header` or `subject_required` if the gateway has not said it.
  init(of head: OrderHead) throws(Problem) {
    self.init()
    guard let limits = head.sale.sale.shaping.subjects else { return }
    do throws(SubjectLimits.Fault) {
      subjects = try limits.subjects(in: head.subjects)
    } catch {
      switch error {
      case .malformed(let reason): throw .invalidHeader(SubjectLimits.field, reason)
      case .missing(let kind): throw .subjectRequired(kind)
      }
    }
  }
}
